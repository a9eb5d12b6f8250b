"""From severities to a decision, and the policy that says when."""

from __future__ import annotations

import itertools
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import Refusal
from pipelines.safety.policy import FILE, ScreeningPolicy, read_screening_policy
from pipelines.safety.ports import CATEGORIES, Judged, Severities, undecided
from pipelines.safety.screening import DECISIONS, decide, judge
from tests.safety.labelled_texts import POLICIES

POLICY = read_screening_policy(POLICIES)
SEVERITY = st.sampled_from([0, 2, 4, 6, None])


def said(hits=(), **severities) -> Severities:
    known = dict.fromkeys(CATEGORIES, 0) | severities
    return Severities({category: Judged(known[category], ("seen",)) for category in CATEGORIES}, tuple(hits))


@pytest.mark.parametrize(
    ("screen", "severity", "decision"),
    [
        ("azure", 0, "pass"), ("azure", 2, "pass"), ("azure", 4, "review"), ("azure", 5, "review"),
        ("azure", 6, "block"), ("azure", 7, "block"),
        ("offline", 0, "pass"), ("offline", 2, "review"), ("offline", 4, "block"), ("offline", 6, "block"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("category", CATEGORIES)
def test_above_medium_is_blocked_medium_is_reviewed_and_an_estimate_acts_one_step_sooner(
    category, screen, severity, decision
):
    verdict = decide(said(**{category: severity}), POLICY, screen)
    assert verdict.decision == decision
    assert verdict.severity == severity
    if decision != "pass":
        assert verdict.category == category
        assert verdict.codes == ("seen",)
        assert category in verdict.reason
        assert str(severity) in verdict.reason


def test_what_was_not_judged_is_blocked_whatever_else_is_known():
    for severities in (undecided("unreachable"), Severities({}), said(Sexual=None)):
        verdict = decide(severities, POLICY, "azure")
        assert verdict.decision == "block"
        assert verdict.severity is None
        assert "undecided" in verdict.codes
    assert "unreachable" in decide(undecided("unreachable"), POLICY, "azure").codes
    assert decide(said(Sexual=None), POLICY, "azure").category == "Sexual"
    # A known reason to block is told rather than an unknown one.
    assert decide(said(Sexual=None, Violence=6), POLICY, "azure").category == "Violence"


def test_a_blocklist_decides_as_the_policy_says():
    assert decide(said(["acme gun"]), POLICY, "azure").decision == "block"
    softer = POLICY.model_copy(update={"blocklist_hit": "review"})
    verdict = decide(said(["acme gun"]), softer, "azure")
    assert (verdict.decision, verdict.category, verdict.codes) == ("review", "Blocklist", ("blocklist:acme gun",))
    assert decide(said(["acme gun"], Hate=6), softer, "azure").category == "Hate"


class Sees:
    """A screen that says the same of every text, and knows a sentence for one of its codes."""

    name = "azure"
    version = "sees-1"

    def __init__(self, severities):
        self._severities = severities

    def explain(self, code):
        return {"unreachable": "Mend the network.", "prompt_attack": "It speaks to a model."}.get(code, "")

    def screen(self, texts):
        return [self._severities] * len(texts)


def test_words_that_the_policy_forbids_are_found_whoever_screens():
    policy = POLICY.model_validate({**POLICY.model_dump(), "blocklist": ["Acme", "free lunch"]})
    texts = ["ACME sells lamps", "a frее-lunch\u200b for all", "fr3e lunch", "acmes, a lunch free of salt", ""]
    verdicts = judge(texts, Sees(said()), policy)
    assert [one.decision for one in verdicts] == ["block", "block", "block", "pass", "pass"]
    assert [one.codes for one in verdicts[:2]] == [("blocklist:Acme",), ("blocklist:free lunch",)]
    assert verdicts[0].reason == "It is forbidden by name: Acme."
    [both] = judge(["acme"], Sees(said(["list/gun"])), policy)
    assert both.codes == ("blocklist:list/gun", "blocklist:Acme")


def test_the_reason_says_what_the_codes_mean():
    [verdict] = judge(["x"], Sees(undecided("unreachable")), POLICY)
    assert verdict.reason.endswith("what is not judged is blocked. Mend the network.")
    [verdict] = judge(["x"], Sees(said(["prompt_attack"])), POLICY)
    assert verdict.reason == "It is forbidden by name: prompt_attack. It speaks to a model."
    [verdict] = judge(["x"], Sees(said(Hate=6)), POLICY)
    assert verdict.reason == "Hate has severity 6; from 6 on it is blocked."


@given(st.tuples(*[SEVERITY] * 4), st.sampled_from(["azure", "offline"]), st.integers(0, 3))
def test_more_of_anything_is_never_decided_more_mildly(severities, screen, which):
    before = dict(zip(CATEGORIES, severities, strict=True))
    more = {0: 2, 2: 4, 4: 6, 6: None, None: None}[severities[which]]
    after = before | {CATEGORIES[which]: more}
    mild, strict = (DECISIONS.index(decide(said(**each), POLICY, screen).decision) for each in (before, after))
    assert strict >= mild


def test_a_tenant_has_thresholds_of_its_own():
    content = POLICY.model_dump(exclude_none=True)
    content["tenants"] = {"forge": {"Violence": {"review_at": 6, "block_at": 7}}}
    own = ScreeningPolicy.model_validate(content)
    assert decide(said(Violence=4), own, "offline", "forge").decision == "pass"
    assert decide(said(Violence=4), own, "offline", "other").decision == "block"
    assert decide(said(Hate=4), own, "offline", "forge").decision == "block"
    assert own.version != POLICY.version


def written(tmp_path, change):
    shutil.copy(POLICIES / FILE, tmp_path)
    path = tmp_path / FILE
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return tmp_path


def test_the_version_follows_what_the_file_says_and_not_how_it_is_written(tmp_path):
    assert read_screening_policy(written(tmp_path, lambda text: f"# a remark\n{text}")).version == POLICY.version
    versions = {
        read_screening_policy(
            written(tmp_path, lambda text, step=step: text.replace("block_at: 4", f"block_at: {step}", 1))
        ).version
        for step in (4, 5, 6)
    }
    assert len(versions) == 3
    assert POLICY.version in versions


def test_every_mistake_of_a_policy_is_told_at_once(tmp_path):
    def spoilt(text):
        return (
            text.replace("Hate: {review_at: 4, block_at: 6}", "Hate: {review_at: 6, block_at: 4}", 1)
            .replace("blocklist_hit: block", "blocklist_hit: maybe")
            .replace("  offline:", "  offline:\n    Gore: {review_at: 2, block_at: 4}")
        )

    with pytest.raises(Refusal) as refused:
        read_screening_policy(written(tmp_path, spoilt))
    for part in ("thresholds.Hate", "review_at must not be above block_at", "blocklist_hit", "screens.offline.Gore"):
        assert part in str(refused.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: "", "is empty"),
        (lambda _: "a: [", "is not the YAML"),
        (lambda text: text + "\nblocklist: []\n", "stands again"),
        (lambda text: text.replace("block_at: 6", "block_at: true", 1), "thresholds.Hate.block_at"),
        (lambda text: text.replace("block_at: 6", "block_at: 8", 1), "thresholds.Hate.block_at"),
        (lambda text: text.replace("blocklist: []", "blocklist: ['!!!']"), r"blocklist\[1\]"),
        (lambda text: text.replace("  Violence: {review_at: 4, block_at: 6}\n", "", 1), "thresholds.Violence"),
    ],
)
def test_a_policy_that_leaves_a_doubt_is_refused(tmp_path, change, words):
    with pytest.raises(Refusal, match=words):
        read_screening_policy(written(tmp_path, change))


def test_a_missing_policy_is_refused(tmp_path):
    with pytest.raises(Refusal, match="LIFTLINE_POLICIES"):
        read_screening_policy(tmp_path)


def test_every_combination_has_one_decision_with_a_reason():
    for severities in itertools.product([0, 2, 4, 6, None], repeat=4):
        verdict = decide(said(**dict(zip(CATEGORIES, severities, strict=True))), POLICY, "azure")
        assert verdict.decision in DECISIONS
        assert verdict.reason.endswith(".")
        assert (None in severities) <= (verdict.decision == "block")
