"""What our own writer drafts from approved content passes: a gate that stops honest mail is soon opened for good."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from pipelines.adapters.content_safety import content_safety
from pipelines.adapters.content_safety.classifier.normalising import normalised
from pipelines.adapters.content_safety.classifier.sentences import words_of
from pipelines.adapters.content_safety.training.__main__ import HARMFUL, HARMLESS, SEED
from pipelines.adapters.content_safety.training.examples import examples
from pipelines.adapters.content_safety.training.lexicon import read_lexicon
from pipelines.generation.brand import read_brand
from pipelines.generation.briefs import STRATEGIES, read_brief
from pipelines.generation.drafting import judge
from pipelines.safety.context import ScreeningContext
from pipelines.safety.judging import texts_of
from pipelines.safety.policy import read_screening_policy
from pipelines.safety.registry import examine
from pipelines.safety.screening import judge as judge_texts
from tests.adapters.language_model.composing import ACCOUNT, DATA, PERSONA, SEGMENTS, TODAY, answer, ask
from tests.safety.checks.mails import RULES, examine_words
from tests.safety.labelled_texts import held_out

BRAND = read_brand(DATA / "brand" / "default.yaml")
UNITS = {"segment": SEGMENTS, "account": (ACCOUNT,), "persona": (PERSONA,)}


@cache
def drafts() -> tuple[tuple[str, ScreeningContext], ...]:
    """Every variant of every brief that generation itself would keep."""
    made = []
    for path in sorted((DATA / "briefs").glob("*.yaml")):
        brief = read_brief(path)
        for unit in UNITS[brief.audience.unit]:
            for strategy in STRATEGIES:
                asked = ask(unit, strategy, brief)
                message = answer(asked).message
                judged = judge(message, brief, BRAND, asked.passages, TODAY) if message else None
                if judged and judged.rendered:
                    made.append((path.stem, _context(brief, judged)))
    return tuple(made)


def _context(brief, judged) -> ScreeningContext:
    sent, said = judged.rendered, BRAND.language(brief.knowledge.locale)
    return ScreeningContext(
        "v", 1, sent.channel, brief.knowledge.locale, sent.subject, sent.preheader, sent.html, sent.text,
        brief.call_to_action.link, frozenset(BRAND.allowed_hosts), tone=brief.tone,
        verdicts=tuple((place, one.text, one.verdict, one.code, one.reason) for place, one in judged.verdicts),
        frame_texts=(BRAND.name, BRAND.tagline or "", *said.texts),
        recipient_locales=("en", "de"), sender_names=(BRAND.name, BRAND.sender.name, BRAND.sender.company),
    )  # fmt: skip


def test_no_honest_draft_is_blocked_and_hardly_one_is_reviewed() -> None:
    found = [(brief, examine(context, RULES)) for brief, context in drafts()]
    assert len(found) > 120
    assert {brief for brief, _ in found} == {path.stem for path in (DATA / "briefs").glob("*.yaml")}
    assert [one for _, findings in found for one in findings if one.severity == "block"] == []
    reviewed = Counter(one.code for _, findings in found for one in findings)
    assert sum(bool(findings) for _, findings in found) <= 0.05 * len(found), reviewed


def test_the_content_screen_passes_them_too_though_the_worst_of_all_their_sentences_counts() -> None:
    screen, policy = content_safety("offline"), read_screening_policy(DATA / "policies")
    mails = [texts_of(context) for _, context in drafts()]
    texts = list(dict.fromkeys(text for mail in mails for _, text in mail))
    verdicts = dict(zip(texts, judge_texts(texts, screen, policy), strict=True))
    held = [(verdicts[text], text[:200]) for text in texts if verdicts[text].decision != "pass"]
    assert not any(verdict.decision == "block" for verdict, _ in held), held
    reviewed = sum(any(verdicts[text].decision != "pass" for _, text in mail) for mail in mails)
    assert reviewed <= 0.02 * len(mails), held


def test_no_sentence_of_them_or_of_the_held_out_texts_taught_the_content_screen() -> None:
    taught = {_bare(one.text) for one in examples(read_lexicon(), SEED, HARMFUL, HARMLESS)}
    lines = {line for _, context in drafts() for _, text in texts_of(context) for line in text.split("\n")}
    said = {_bare(sentence) for line in lines for sentence in re.split(r"(?<=[.!?])\s", line)}
    said |= {_bare(one.text) for one in held_out()}
    assert [one for one in said & taught if one.count(" ") > 1] == []


def _bare(text: str) -> str:
    return " ".join(words_of(normalised(text)))


@pytest.mark.parametrize("spoil", ["unsubscribe.link", "postal.address", "campaign.link"])
def test_the_same_drafts_without_a_slot_are_held(spoil: str) -> None:
    mails = [context for _, context in drafts() if context.channel == "email"]
    for context in mails[::20]:
        spoilt = replace(
            context,
            html=context.html.replace(f"{{{{{spoil}}}}}", ""),
            text=context.text.replace(f"{{{{{spoil}}}}}", ""),
        )
        assert examine(spoilt, RULES)


def test_ordinary_business_mail_is_rarely_held_for_its_words() -> None:
    texts = yaml.safe_load(Path("tests/safety/labelled/business.yaml").read_text(encoding="utf-8"))["mail"]
    held = {text: {(one.code, one.severity) for one in examine_words(text, RULES)} for text in texts}
    blocked = [text for text, found in held.items() if any(severity == "block" for _, severity in found)]
    assert len(blocked) < 0.01 * len(texts), blocked
    assert sum(bool(found) for found in held.values()) < 0.05 * len(texts)
