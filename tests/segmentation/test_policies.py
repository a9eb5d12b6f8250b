from pathlib import Path

import pytest

from pipelines.contracts import Refusal
from pipelines.policy_files import read_policy
from pipelines.segmentation.clusters import ClusterPolicy
from pipelines.segmentation.policies import ProfilePolicy
from pipelines.segmentation.rules import read_rules

WRONG = """
segments:
  - segment: a
    description: First.
    when:
      - {field: password, is: x}
      - {field: recency_days, at_most: soon}
      - {field: frequency, is: NO}
      - {field: country, at_least: 3}
      - {field: r, at_least: 1, at_most: 2}
    because: "since {salary}"
  - segment: a
    description: Again.
    when: []
    because: "brace {r"
default: {segment: rest, description: Rest., because: nothing else}
small_segments: {action: drop, merge_into: nowhere}
colour: blue
"""


def test_every_mistake_of_a_rule_file_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(WRONG)
    with pytest.raises(Refusal) as refusal:
        read_rules(tmp_path / "rules.yaml")
    told = str(refusal.value)
    for mistake in (
        "no field 'password'", "soon", "frequency holds a number and cannot be 'NO'",
        "cannot be compared by at_least", "exactly one of",
        "salary", "segments[2].when", "brace", "small_segments.action", "'a' is defined more than once",
        "names 'nowhere'", "colour",
    ):  # fmt: skip
        assert mistake in told, f"{mistake} is missing in: {told}"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("segments: [", "is not the YAML"),
        ("default: 1\ndefault: 2", "stands again on line 2"),
        ("- a\n- b", "is not a mapping"),
        ("", "is empty"),
        ("segments: 2026-01-01", "mistakes"),
    ],
)
def test_what_is_no_rule_set_is_refused(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "rules.yaml").write_text(content)
    with pytest.raises(Refusal, match=told):
        read_rules(tmp_path / "rules.yaml")


def test_a_missing_policy_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        read_policy(tmp_path / "profile.yaml", ProfilePolicy, "policy file")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("half_at: 2.0", "half_at: 0", "engagement.half_at"),
        ("churned_after: 90", "churned_after: 20", "churned_after must be more"),
        ("names: [click,", "names: [open, click,", "stands under open and under click"),
        ("names: [click,", "names: [Email-Open, click,", "'email_open' stands under open and under click"),
        ("weight: 0.3", "weight: .nan", "events.open.weight"),
    ],
)
def test_a_wrong_profile_policy_is_refused(policies: Path, old: str, new: str, told: str) -> None:
    file = policies / "profile.yaml"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(Refusal, match=told):
        read_policy(file, ProfilePolicy, "policy file")


def test_a_wrong_cluster_policy_is_refused(policies: Path) -> None:
    file = policies / "segments_kmeans.yaml"
    text = file.read_text().replace("at_least: 3", "at_least: 9").replace("average_order,", "shoe_size,")
    file.write_text(text)
    with pytest.raises(Refusal, match="shoe_size.*at_most must not be less"):
        read_policy(file, ClusterPolicy, "policy file")
