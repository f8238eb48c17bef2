"""Pick the confidence threshold that best parts what can be answered from what cannot, on judged questions."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rag.domain.calibration import MOST_WRONG_REFUSALS, Point, best, curve, point_at, spread
from rag.domain.evaluation_figures import SEED
from rag.management import judged
from rag.services.calibrate import current_threshold, read_evidence, store

TOLD_EVERY = 5  # points of the curve: hundredths


class Command(BaseCommand):
    help = (
        "Show what each confidence threshold would refuse, rightly and wrongly, and propose one. Nothing is changed "
        "unless --apply is given; then it is stored for the space that is searched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        judged.add_arguments(parser)
        parser.add_argument(
            "--most-wrong", type=_share, default=MOST_WRONG_REFUSALS, help="largest share wrongly refused, 0 to 1"
        )
        parser.add_argument("--seed", type=int, default=SEED, help="of the draws that tell how sure the choice is")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--apply", action="store_true", help="store the proposed threshold")
        what.add_argument("--dry-run", action="store_true", help="change nothing, which is the default")

    def handle(self, *args: Any, **options: Any) -> None:
        with judged.judged(options) as (questions, collection, told):
            evidence = read_evidence(questions, collection=collection, report=told)
            space, current = current_threshold()
        points = curve(evidence)
        if not points:
            raise CommandError("Questions of both kinds are needed, answerable and not.", returncode=judged.UNUSABLE)
        chosen = best(points, most_wrong_refusals=options["most_wrong"])
        bounds = spread(evidence, seed=options["seed"], most_wrong_refusals=options["most_wrong"])
        is_noise = chosen is None or (bounds is not None and bounds[0] <= current <= bounds[1])
        is_applied = bool(options["apply"] and chosen)
        if chosen and is_applied:
            store(chosen.threshold)
        result = {
            "space": space,
            "current": _values(point_at(evidence, threshold=current)),
            "proposed": _values(chosen),
            "nine_of_ten": list(bounds) if bounds else None,
            "within_noise": is_noise,
            "applied": is_applied,
            "most_wrong_refusals": options["most_wrong"],
            "n": len(evidence),
            "curve": [_values(point) for point in points],
        }
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            self._tell(result, points)

    def _tell(self, result: dict[str, Any], points: tuple[Point, ...]) -> None:
        self.stdout.write(f"Space {result['space']}, {result['n']} questions\n")
        self.stdout.write("threshold   abstained   wrongly   Youden")
        for point in points[::TOLD_EVERY]:
            self.stdout.write(
                f"{point.threshold:9.2f}{point.abstention_recall:12.3f}{point.wrong_refusals:10.3f}{point.youden:9.3f}"
            )
        if result["proposed"] is None:
            self.stdout.write(f"\nEvery threshold refuses more than {result['most_wrong_refusals']:.0%} wrongly.")
            return
        now, proposed = result["current"], result["proposed"]
        self.stdout.write(f"\nNow       {_words(now)}\nProposed  {_words(proposed)}")
        if result["nine_of_ten"]:
            low, high = result["nine_of_ten"]
            self.stdout.write(f"Nine of ten draws of as many questions choose {low:.2f} to {high:.2f}.")
        if result["within_noise"]:
            self.stdout.write("The present threshold lies within that: the difference may be chance.")
        self.stdout.write("Stored." if result["applied"] else "Nothing was changed; --apply stores it.")


def _values(point: Point | None) -> dict[str, float] | None:
    if point is None:
        return None
    return {
        "threshold": point.threshold,
        "abstention_recall": round(point.abstention_recall, 4),
        "wrong_refusals": round(point.wrong_refusals, 4),
        "youden": round(point.youden, 4),
    }


def _words(values: dict[str, float]) -> str:
    return (
        f"{values['threshold']:.2f}: {values['abstention_recall']:.1%} of the unanswerable refused, "
        f"{values['wrong_refusals']:.1%} of the answerable"
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ArgumentTypeError(f"a number from 0 to 1 is needed, not {text!r}")
    return share
