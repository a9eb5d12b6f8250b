"""Synonyms as people edit them, and the mistakes that they make."""

from __future__ import annotations

import pytest

from pipelines.contracts import Question, Refusal
from pipelines.knowledge.rewriting import read_synonyms, wordings
from pipelines.settings import PROJECT


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("throw: blanket", "no list of groups"),
        ("- throw", "group 1"),
        ("- [throw, blanket]\n- [lamp]", "group 2"),
        ("- [throw, 3]", "group 1"),
        ("- [throw", "cannot be read"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, text, mistake):
    path = tmp_path / "synonyms.yaml"
    path.write_text(text)
    with pytest.raises(Refusal, match=mistake):
        read_synonyms(path)


def test_a_missing_file_is_named_and_an_empty_one_is_fine(tmp_path):
    with pytest.raises(Refusal, match="LIFTLINE_SYNONYMS"):
        read_synonyms(tmp_path / "nowhere.yaml")
    (tmp_path / "empty.yaml").write_text("# nothing yet\n")
    assert read_synonyms(tmp_path / "empty.yaml") == ()


def test_whole_words_are_matched_and_said_in_the_group_s_other_words():
    groups = (("throw", "blanket"), ("gift card", "voucher"))

    def said(text):
        return [wording.text for wording in wordings(Question(text), groups)]

    assert said("Two Throws, please") == ["Two Throws, please", "blanket"]
    assert said("a throwing arm") == ["a throwing arm"]
    assert said("gift cards and vouchers") == ["gift cards and vouchers"]
    assert said("Gift card?") == ["Gift card?", "voucher"]


def test_the_sample_synonyms_are_sound():
    assert len(read_synonyms(PROJECT / "data/knowledge_synonyms.yaml")) > 20
