"""The policy file: every mistake at once, and a version that changes with every word."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipelines.contracts import Refusal
from pipelines.safety.house_rules import read_house_rules
from tests.safety.checks.mails import RULES

WRITTEN = Path("data/policies/content_checks.yaml").read_text(encoding="utf-8")


def read(folder: Path, text: str):
    (folder / "content_checks.yaml").write_text(text, encoding="utf-8")
    return read_house_rules(folder)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    wrong = yaml.safe_load(WRITTEN)
    wrong["words"]["block_from"] = 1
    wrong["words"]["spam"][0]["say"] = ["!!!"]
    wrong["channels"]["email"]["needs"] = ["magic"]
    wrong["tone"]["least"] = 85
    wrong["tone"]["breaks"]["rude"] = []
    wrong["surprise"] = True
    del wrong["pictures"]
    with pytest.raises(Refusal) as refused:
        read(tmp_path, yaml.safe_dump(wrong, allow_unicode=True))
    told = str(refused.value)
    for place in (
        "words.spam[1]",
        "channels.email.needs[1]",
        "tone.least",
        "surprise",
        "pictures",
        "content_checks.yaml",
    ):
        assert place in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WRITTEN + "\nlinks: {}\n", "stands again"), ("words: [", "is not the YAML"), ("", "is empty"),
        (WRITTEN.replace("name: denials that betray", "name: guarantees"), "two entries"),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        read(tmp_path, text)
    with pytest.raises(Refusal, match="LIFTLINE_POLICIES"):
        read_house_rules(tmp_path / "nowhere")


def test_the_version_follows_what_is_meant_and_not_how_it_is_written(tmp_path: Path) -> None:
    assert read(tmp_path, f"# another remark\n{WRITTEN}").version == RULES.version
    assert read(tmp_path, WRITTEN.replace("desperately", "despairingly")).version != RULES.version
    assert read(tmp_path, WRITTEN.replace("least: 0.85", "least: 0.8")).version != RULES.version
