"""Rule 15: how much hangs on few peers."""

import pytest

from recommendations.domain.advice import Severity
from recommendations.domain.findings.concentration import RULE, hhi_after
from tests.recommendations.domain.factories import channel, found, node, standing


def spread(peers, hhi, share):
    return node(*(channel(n) for n in range(1, peers + 1)), standing=standing(hhi=hhi, largest_peer_share=share))


@pytest.mark.parametrize(
    ("peers", "hhi", "share", "severity"),
    [
        (10, 1_500.0, 0.3, None),
        (10, 1_501.0, 0.3, Severity.LOW),
        (10, 2_500.0, 0.3, Severity.LOW),
        (10, 2_501.0, 0.3, Severity.MEDIUM),
        (10, 900.0, 0.35, None),
        (10, 900.0, 0.36, Severity.MEDIUM),
        (9, 2_400.0, 0.3, None),
        (5, 3_000.0, 0.36, Severity.MEDIUM),
        (4, 5_000.0, 0.6, None),
        (12, None, None, None),
    ],
)
def test_concentration_is_judged_by_hhi_and_by_the_largest_share(peers, hhi, share, severity):
    assert [finding.severity for finding in found(RULE, spread(peers, hhi, share))] == (
        [] if severity is None else [severity]
    )


def test_new_peers_lower_the_hhi_by_the_exact_amount():
    # Two peers with 50 % each, two more of the same size: four with 25 %.
    assert hhi_after(5_000, capacity_sat=10, added_sat=5, channels=2) == 2_500
    assert hhi_after(5_000, capacity_sat=0, added_sat=0, channels=2) == 5_000


def test_the_finding_never_asks_to_close():
    (finding,) = found(RULE, spread(10, 3_000.0, 0.5))

    assert "Close nothing" in finding.manual_step
    assert finding.impact.low < finding.impact.high < 3_000
