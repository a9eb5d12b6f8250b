"""How good search is on the sample corpus, pinned; and the measure itself."""

from __future__ import annotations

import math

import pytest

from pipelines.contracts import Refusal
from pipelines.knowledge.measuring import ndcg, read_questions
from pipelines.knowledge.run import evaluate, index_folder
from pipelines.settings import PROJECT
from tests.knowledge.conftest import TODAY


def test_both_ways_together_are_no_worse_than_the_better_one(library, tenant):
    index_folder(library, tenant, PROJECT / "data/knowledge")
    measured = evaluate(library, tenant, PROJECT / "data/knowledge_questions.yaml", on=TODAY)
    assert measured.questions >= 60
    assert measured.ndcg["hybrid"] >= 0.80
    assert measured.ndcg["hybrid"] >= max(measured.ndcg["keyword"], measured.ndcg["vector"])


def test_gain_is_discounted_by_place_and_weighed_by_grade():
    relevant = {"a": 2, "b": 1}
    assert ndcg(["a", "b"], relevant) == 1
    ideal = 3 + 1 / math.log2(3)
    assert ndcg(["b", "a"], relevant) == pytest.approx((1 + 3 / math.log2(3)) / ideal)
    assert ndcg(["x"] * 10 + ["a"], relevant) == 0
    assert ndcg([], relevant) == 0


@pytest.mark.parametrize(
    "text",
    [
        "questions: []",
        "questions: [{question: a}]",
        "- a",
        "questions: [{question: a, relevant: {b: x}}]",
        "questions: [{question: a, relevant: {b: 0}}]",
        "questions: [{question: a, relevant: {b: 1, c: -1}}]",
        "questions: [{question: a, relevant: {b: 2000}}]",
    ],
)
def test_unusable_questions_are_refused(tmp_path, text):
    path = tmp_path / "questions.yaml"
    path.write_text(text)
    with pytest.raises(Refusal, match="no labelled questions"):
        read_questions(path)
