"""Look for better numbers of the fusion on judged questions: chosen on one half, judged on the other."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rag.domain.evaluation_figures import SEED
from rag.domain.tuning import Proposal, Setting, leaderboard, propose
from rag.management import judged
from rag.queries.policy import library_policy
from rag.services.tune import apply, current_setting, read_cases


class Command(BaseCommand):
    help = (
        "Try other constants, weights and depths of the fusion, and propose the best. It is chosen on one half of the "
        "questions and judged on the other. Nothing is changed unless --apply is given, and a gain that may be chance "
        "is not applied either, unless --force is given too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        judged.add_arguments(parser)
        parser.add_argument("--seed", type=int, default=SEED, help="of the division into halves")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--apply", action="store_true", help="set the proposed numbers when the gain is no noise")
        what.add_argument("--dry-run", action="store_true", help="change nothing, which is the default")
        parser.add_argument("--force", action="store_true", help="with --apply: also when the gain may be chance")

    def handle(self, *args: Any, **options: Any) -> None:
        with judged.judged(options) as (questions, collection, told):
            cases = read_cases(questions, collection=collection, report=told)
        proposal = propose(cases, current=current_setting(library_policy()), seed=options["seed"])
        is_other = proposal.setting != proposal.current
        is_applied = options["apply"] and is_other and (options["force"] or not proposal.is_noise)
        if is_applied:
            apply(proposal.setting)
        board = leaderboard(cases)
        if options["json"]:
            self.stdout.write(json.dumps(_values(proposal, board=board) | {"applied": is_applied}))
        else:
            self._tell(proposal, board=board, is_applied=is_applied)

    def _tell(self, proposal: Proposal, *, board: tuple[tuple[Setting, float], ...], is_applied: bool) -> None:
        self.stdout.write("Best over all questions, by mean reciprocal rank of the first passage with the answer")
        for setting, score in board:
            self.stdout.write(f"  {score:.4f}  {_words(setting)}")
        self.stdout.write(f"\nNow       {_words(proposal.current)}")
        self.stdout.write(f"Proposed  {_words(proposal.setting)}")
        self.stdout.write(
            f"Chosen on {proposal.train_n} questions ({proposal.train_before:.4f} to {proposal.train_after:.4f}); "
            f"on {proposal.holdout_n} others {proposal.holdout_before:.4f} to {proposal.holdout_after:.4f}, "
            f"{proposal.won} won, {proposal.lost} lost, p = {proposal.p_value:.3f}, "
            f"95 % interval {proposal.interval[0]:+.4f} to {proposal.interval[1]:+.4f}."
        )
        if proposal.setting == proposal.current:
            self.stdout.write("Nothing is better than what holds now.")
        elif proposal.holdout_after <= proposal.holdout_before:
            self.stdout.write("It does not hold on the questions that the choice has not seen.")
        elif proposal.is_noise:
            self.stdout.write("The gain is within noise: it may be chance.")
        self.stdout.write("Set." if is_applied else "Nothing was changed.")


def _values(proposal: Proposal, *, board: tuple[tuple[Setting, float], ...]) -> dict[str, Any]:
    return asdict(proposal) | {
        "within_noise": proposal.is_noise,
        "best": [asdict(setting) | {"mean_reciprocal_rank": round(score, 4)} for setting, score in board],
    }


def _words(setting: Setting) -> str:
    return f"constant {setting.rrf_constant}, dense leg x {setting.dense_weight:g}, depth {setting.depth}"
