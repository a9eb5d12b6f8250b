"""How much of what is harmful the offline screen finds, and what it flags for nothing: floors that it keeps.

`python -m tests.safety.labelled_texts` prints the rates of every category.
"""

from __future__ import annotations

import pytest

from pipelines.adapters.content_safety import content_safety
from pipelines.safety.policy import read_screening_policy
from tests.safety.labelled_texts import POLICIES, Rates, evasions, held_out, rates, seen, table

# At the review and at the block level: at least so many of the severe texts, at most so many of the harmless ones.
# A few points below and above what was measured; a screen that gets better should move them.
SEEN = {
    "Hate": ((0.92, 0.73), (0.06, 0.03)),
    "SelfHarm": ((0.95, 0.83), (0.15, 0.03)),
    "Sexual": ((0.96, 0.89), (0.16, 0.03)),
    "Violence": ((0.92, 0.81), (0.12, 0.03)),
}
HELD_OUT = {
    "Hate": ((0.65, 0.32), (0.15, 0.05)),
    "SelfHarm": ((0.60, 0.35), (0.22, 0.04)),
    "Sexual": ((0.62, 0.35), (0.15, 0.04)),
    "Violence": ((0.47, 0.20), (0.22, 0.05)),
}


@pytest.fixture(scope="module")
def measured() -> dict[str, Rates]:
    screen, policy = content_safety("offline"), read_screening_policy(POLICIES)
    return {"seen": rates(screen, policy, seen()), "held out": rates(screen, policy, held_out())}


@pytest.mark.parametrize(("which", "floors"), [("seen", SEEN), ("held out", HELD_OUT)])
def test_recall_and_false_alarms_of_each_category_hold(measured, which, floors):
    found = measured[which]
    for category, (least, most) in floors.items():
        recall, alarms = found[category, "severe"], found[category, "harmless"]
        assert recall[0] >= least[0], f"{category} at review\n{table(found)}"
        assert recall[1] >= least[1], f"{category} at block\n{table(found)}"
        assert alarms[0] <= most[0], f"{category} for nothing at review\n{table(found)}"
        assert alarms[1] <= most[1], f"{category} for nothing at block\n{table(found)}"


def test_ordinary_mail_is_hardly_ever_blocked_and_rarely_reviewed(measured):
    for which, most_reviewed in (("seen", 0.02), ("held out", 0.04)):
        reviewed, blocked, _ = measured[which]["mail", "harmless"]
        assert blocked < 0.01, table(measured[which])
        assert reviewed <= most_reviewed, table(measured[which])


def test_the_set_is_large_balanced_and_says_nothing_twice():
    texts = [*seen(), *held_out(), *evasions()]
    assert len(texts) >= 1_500
    assert sum(one.category == "mail" for one in texts) >= 370
    assert len({" ".join(one.text.lower().split()) for one in texts}) == len(texts)
    for category in SEEN:
        for severity in (2, 4, 6):
            assert sum((one.category, one.severity) == (category, severity) for one in texts) >= 36
