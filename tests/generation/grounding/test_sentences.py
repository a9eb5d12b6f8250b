"""Several hundred true and false sentences over the sample corpus, and what the verifier makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.contracts import Passage
from pipelines.generation.grounding import check_sentence, check_text
from pipelines.generation.grounding.library import library_of
from pipelines.knowledge.run import read_sources

HERE = Path(__file__).parent
TODAY = date(2026, 11, 20)
# In the order in which they were written; each was measured before anything was changed for it.
PARTS = ("sentences", "held_out", "held_out_again", "untouched", "latest")
# Of these nothing may pass for supported, nor for nothing to check.
NEVER_MISSED = {
    "number", "unit", "name", "date", "negation", "moved to another product", "invented customer or quotation",
    "wrong citation", "expired or not approved", "done by somebody else",
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    part: str
    kind: str
    text: str
    expected: str
    verdict: str
    reason: str


@pytest.fixture(scope="module")
def corpus() -> tuple[Passage, ...]:
    return tuple(read_sources(HERE.parents[2] / "data" / "knowledge"))


@pytest.fixture(scope="module")
def judged(corpus: tuple[Passage, ...]) -> list[Judged]:
    return [one for part in PARTS for one in _judged(part, corpus)]


def _judged(part: str, corpus: Sequence[Passage]) -> Iterator[Judged]:
    for group in yaml.safe_load((HERE / f"{part}.yaml").read_text(encoding="utf-8")):
        for written in group["sentences"]:
            entry = {"text": written} if isinstance(written, str) else written
            verdict, reason = _verdict(entry, corpus)
            yield Judged(part, group["kind"], entry["text"], group["expected"], verdict, reason)


def _verdict(entry: dict[str, Any], corpus: Sequence[Passage]) -> tuple[str, str]:
    if "cited" in entry:
        cited = [_passage_id(named, corpus) for named in entry["cited"]]
        one = check_sentence(entry["text"], cited, corpus, TODAY, before=entry.get("before", ""))
        return one.verdict, one.reason
    verdicts = check_text(f"{entry.get('before', '')}\n\n{entry['text']}", corpus, TODAY)
    one = verdicts[-1]
    assert one.text == entry["text"], "a sentence of the set was taken apart"
    return one.verdict, one.reason


def _passage_id(named: str, corpus: Sequence[Passage]) -> str:
    document, words = named.split(": ", 1)
    return next(p.passage_id for p in corpus if p.document_id == document and words in p.text)


def _rates(judged: Sequence[Judged], verdict: str) -> tuple[float, float]:
    """Precision and recall of a verdict."""
    right = sum(one.verdict == one.expected == verdict for one in judged)
    given, due = sum(one.verdict == verdict for one in judged), sum(one.expected == verdict for one in judged)
    return right / max(1, given), right / max(1, due)


def _missed(judged: Sequence[Judged]) -> str:
    return "\n".join(f"{one.kind}: {one.verdict}: {one.text}\n    {one.reason}" for one in judged)


def test_the_set_is_large_and_balanced(judged: list[Judged]) -> None:
    expected = Counter(one.expected for one in judged)
    assert len(judged) >= 800
    assert expected["supported"] >= 300
    assert expected["unsupported"] >= 400
    assert expected["not_factual"] >= 60


def test_no_falsehood_of_these_kinds_is_let_through(judged: list[Judged]) -> None:
    missed = [one for one in judged if one.kind in NEVER_MISSED and one.expected == "unsupported" != one.verdict]
    assert missed == [], _missed(missed)


def test_nearly_every_falsehood_is_found(judged: list[Judged]) -> None:
    precision, recall = _rates(judged, "unsupported")
    print(f"unsupported: precision {precision:.3f}, recall {recall:.3f}")
    assert recall >= 0.98, _missed([one for one in judged if one.expected == "unsupported" != one.verdict])
    assert precision >= 0.93


def test_most_true_sentences_pass(judged: list[Judged]) -> None:
    precision, recall = _rates(judged, "supported")
    print(f"supported: precision {precision:.3f}, recall {recall:.3f}")
    for part in PARTS:
        own = [one for one in judged if one.part == part]
        rates = {word: "/".join(f"{rate:.3f}" for rate in _rates(own, word)) for word in ("supported", "unsupported")}
        print(part, len(own), rates)
    assert recall >= 0.90, _missed([one for one in judged if one.expected == "supported" != one.verdict])
    assert precision >= 0.98


def test_every_kind_by_itself(judged: list[Judged]) -> None:
    for kind in sorted({(one.kind, one.expected) for one in judged}):
        own = [one for one in judged if (one.kind, one.expected) == kind]
        right = sum(one.verdict == one.expected for one in own)
        print(f"{kind[0]}, {kind[1]}: {right} of {len(own)}")
        least = 0.98 if kind[1] == "unsupported" else 0.85
        assert right >= least * len(own), _missed([one for one in own if one.verdict != one.expected])


def test_what_claims_nothing_is_not_held_against_anybody(judged: list[Judged]) -> None:
    harmless = [one for one in judged if one.expected == "not_factual"]
    blocked = [one for one in harmless if one.verdict == "unsupported"]
    assert len(blocked) <= 0.03 * len(harmless), _missed(blocked)


def test_approved_sentences_bear_themselves_out(corpus: tuple[Passage, ...]) -> None:
    library = library_of(corpus)
    usable = [one for one in library.evidence if one.passage.refused_on(TODAY) is None and one.passage.locale == "en"]
    own = {one.reading.text: check_text(one.reading.text, corpus, TODAY) for one in usable}
    denied = [verdict for verdicts in own.values() for verdict in verdicts if verdict.verdict == "unsupported"]
    assert len(own) > 500
    assert denied == []


@pytest.mark.parametrize(
    "text",
    [
        "The showroom is open day and night.", "The customer service is there day and night.",
        "Your points expire today.", "You get a gift in the showroom.", "You get a gift with each visit.",
        "Try it at home: we take it back whenever you want.", "We bring the wool throw to your home today.",
        "The wool throw helps people with a cold.", "The teapot stays warm through the night.",
        "As seen in the news.", "★★★★★", "Yours for a penny", "The wool throw 🆓", "The teapot is ⓕⓡⓔⓔ 🅵🆁🅴🅴",
        "🥇 The wool throw",
    ],
)  # fmt: skip
def test_small_words_hide_no_claim(corpus: tuple[Passage, ...], text: str) -> None:
    assert [one.verdict for one in check_text(text, corpus, TODAY)] == ["unsupported"]


@pytest.mark.parametrize(
    "text",
    [
        "Have a good week.", "Merry Christmas and a happy new year!", "No pressure.", "Take a minute to look around.",
        "If now is not the right time, that is fine.", "Write to us whenever you like.", "Get a gift for a friend.",
        "Enjoy the evening at home today.",
    ],
)  # fmt: skip
def test_what_any_letter_says_needs_no_passage(corpus: tuple[Passage, ...], text: str) -> None:
    assert [one.verdict for one in check_text(text, corpus, TODAY)] == ["not_factual"]


PAIRS = yaml.safe_load((HERE / "pairs.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", sorted({pair["kind"] for pair in PAIRS}))
def test_one_turn_of_meaning_is_noticed(kind: str) -> None:
    wrong = []
    for pair in PAIRS:
        papers = {"approved_by": "Ana Ruiz", "approved_at": date(2026, 1, 1)}
        passage = Passage("facts-1", "facts", "Facts", pair["passage"], **papers)  # type: ignore[arg-type]
        for text in (*pair["borne_out"], *pair["not"]) if pair["kind"] == kind else ():
            verdict = check_sentence(text, ["facts-1"], [passage], TODAY)
            if (verdict.verdict == "unsupported") != (text in pair["not"]):
                wrong.append(f"{text}\n    {verdict.verdict}: {verdict.reason} ({pair['passage']})")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(
    ("known", "elsewhere", "right", "wrong"),
    [
        ("The steel pan does not rust.", 'The box "Rust" holds a steel pan.', "does not rust", "does rust"),
        ("The mug does not break.", "The mug is a part of every tea break.", "does not break", "does break"),
        ("The lamp does not flicker.", "The lamp flickers in the film.", "does not flicker", "flickers"),
    ],
)
def test_what_is_denied_is_not_borne_out_by_the_same_words_elsewhere(
    known: str, elsewhere: str, right: str, wrong: str
) -> None:
    papers = {"approved_by": "Ana Ruiz", "approved_at": date(2026, 1, 1)}
    passages = [Passage(f"{at}-1", at, "Facts", text, **papers) for at, text in (("a", known), ("b", elsewhere))]  # type: ignore[arg-type]
    subject = known.split(" does")[0]
    said = {words: check_text(f"{subject} {words}.", passages, TODAY)[0].verdict for words in (right, wrong)}
    assert said == {right: "supported", wrong: "unsupported"}


@pytest.mark.parametrize(
    "text",
    ["Our planners visit you at home at no charge.", 'The enamel mug "Hygge" does break.', "The mug does break."],
)
def test_no_limit_and_no_denial_of_the_corpus_is_dropped(corpus: tuple[Passage, ...], text: str) -> None:
    assert [one.verdict for one in check_text(text, corpus, TODAY)] == ["unsupported"]


STRANGERS = yaml.safe_load((HERE / "strangers.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: stranger["company"])
def test_another_company_is_served_as_well(stranger: dict[str, Any]) -> None:
    passages = [
        Passage(
            one["id"], one["id"], one["title"], one["text"], kind=one.get("kind", "prose"), approved_by="Ana Ruiz",
            approved_at=date(2026, 1, 1),
        )
        for one in stranger["passages"]
    ]  # fmt: skip
    wrong = [
        (expected, verdict)
        for expected in ("supported", "unsupported", "not_factual")
        for text in stranger[expected]
        for verdict in check_text(text, passages, TODAY)
        if verdict.verdict != expected
    ]
    assert wrong == []
