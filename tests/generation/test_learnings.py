"""What people accepted tells the model and the composer; where nothing was accepted, everything is as it was."""

from dataclasses import replace

from pipelines.generation.drafting import first_ask
from pipelines.generation.grounding import verify_message
from pipelines.generation.learnings import Learnings
from pipelines.generation.prompting import draft_messages, prompt_version
from tests.adapters.language_model.composing import SEGMENTS, TODAY, ask, written
from tests.generation.test_prompting import BRIEF, PASSAGES, SEGMENT

ROWS = [
    {
        "insight_id": "i-1", "dimension": "subject_pattern", "value": "ask a question", "segment": None, "effect": 0.3,
        "statement": "Subjects that ask a question earned 1.30 times the answers that were to be expected.",
    },
    {
        "insight_id": "i-2", "dimension": "strategy", "value": "direct", "segment": None, "effect": 0.2,
        "statement": "Messages of the strategy direct earned 1.20 times the answers that were to be expected.",
    },
    {
        "insight_id": "i-3", "dimension": "strategy", "value": "friendly", "segment": "somebody else", "effect": 0.9,
        "statement": "Messages of the strategy friendly to somebody else earned 1.90 times.",
    },
]  # fmt: skip
LEARNT = Learnings.of(ROWS)


def test_a_prompt_with_learnings_is_another_version_and_says_them_as_material():
    assert prompt_version() == prompt_version(())
    assert len({prompt_version(), prompt_version(LEARNT.accepted), prompt_version(LEARNT.accepted[:1])}) == 3
    plain = draft_messages(BRIEF, SEGMENT, "direct", PASSAGES)
    system, user = draft_messages(BRIEF, SEGMENT, "direct", PASSAGES, LEARNT.about(SEGMENT))
    assert system["content"].startswith(plain[0]["content"])
    assert "ask a question earned 1.30 times" in user["content"]
    assert "ask a question earned 1.30 times" not in system["content"]
    assert "somebody else" not in user["content"]


def test_an_ask_without_learnings_is_the_ask_that_it_was():
    bare = first_ask(BRIEF, SEGMENT, "direct", PASSAGES, 1)
    assert bare == first_ask(BRIEF, SEGMENT, "direct", PASSAGES, 1, Learnings().about(SEGMENT))
    told = first_ask(BRIEF, SEGMENT, "direct", PASSAGES, 1, LEARNT.about(SEGMENT))
    assert (len(bare.besides), told.besides[-1]) == (5, ["i-1", "i-2"])


def test_the_best_strategies_are_drafted_first():
    assert LEARNT.best_first(["friendly", "curiosity", "direct"]) == ["direct", "friendly", "curiosity"]
    assert Learnings().best_first(["friendly", "direct"]) == ["friendly", "direct"]


def test_the_composer_asks_in_the_subject_where_people_accepted_that():
    asks = [ask(unit, strategy) for unit in SEGMENTS[:4] for strategy in ("curiosity", "direct", "benefit")]
    plain = [written(one) for one in asks]
    led = [written(replace(one, learnings=LEARNT.about(one.unit))) for one in asks]
    asking = [[one.subject.text.endswith("?") for one in some] for some in (plain, led)]
    assert sum(asking[1]) > sum(asking[0])
    assert led == [written(replace(one, learnings=LEARNT.about(one.unit))) for one in asks]
    for one, message in zip(asks, led, strict=True):
        assert all(verdict.verdict != "unsupported" for _, verdict in verify_message(message, one.passages, TODAY))
