"""How much a message sounds and looks like the brand, by measures that anybody can repeat by hand.

Tone consistency is the share of the body's words that stand in sentences which break no register that the brief's words
about tone ask for (`tone` in content_checks.yaml): a sentence breaks one by a word of its list, by an emoji where it is
to be polite, or by being longer than allowed. It sees signs of a register, not the impression on a reader.

The brand score is the mean of tone consistency and of the share of wanted elements that are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.safety.context import ScreeningContext
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.phrases import Phrases, words_of
from pipelines.safety.wording.slots import without_slots

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?=\S)[^.!?\n]*)*[.!?]*")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")
_READER = ("contact.", "account.")

Missing = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Tone:
    """The share of words in register, and each sentence that is out of it with the reason."""

    consistency: float
    broken: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class BrandScore:
    """What guardrail 3 asks for: from 0 to 1, with what it is made of."""

    score: float
    tone: float
    missing: tuple[str, ...]


def brand_score(context: ScreeningContext, rules: HouseRules) -> BrandScore:
    """The brand score of a message."""
    tone = tone_of(context, rules).consistency
    wanted = [need for need in rules.channel(context.channel).needs if need in _ELEMENTS]
    missing = tuple(dict.fromkeys(code for code, _, _ in missing_elements(context, rules)))
    there = 1 - min(len(missing), len(wanted)) / len(wanted) if wanted else 1.0
    return BrandScore(round((tone + there) / 2, 4), round(tone, 4), missing)


def score_told(context: ScreeningContext, rules: HouseRules) -> str:
    """The brand score in words, for a finding that it explains."""
    return f"The brand score is {brand_score(context, rules).score:.2f} of 1."


def tone_of(context: ScreeningContext, rules: HouseRules) -> Tone:
    """How much of the body keeps to the registers asked for."""
    wanted = _registers(context.tone, rules)
    # Only lists of which something stands in the whole body can be broken by one of its sentences.
    lists = [rules.out_of_tone[name] for name in ("always", *wanted)]
    lists = [phrases for phrases in lists if phrases.find(context.folded_body)]
    body = without_slots(context.folded_body)
    polite = "polite" in wanted and "lively" not in wanted and _EMOJI.search(body) is not None
    sentences = _SENTENCE.findall(body)
    longest = max((len(sentence.split()) for sentence in sentences), default=0)
    if not lists and not polite and longest <= rules.told.tone.longest_sentence:
        return Tone(1.0, ())
    total = kept = 0
    broken = []
    for sentence in sentences:
        count = len(words_of(sentence))
        why = next(_out_of(sentence, lists, polite), "")
        if not why and count > rules.told.tone.longest_sentence:
            why = f"{count} words"
        total += count
        kept += 0 if why else count
        if why:
            broken.append((" ".join(sentence.split()), why))
    return Tone(kept / total if total else 1.0, tuple(broken))


def _registers(tone: str, rules: HouseRules) -> tuple[str, ...]:
    """The registers that the brief's words about tone ask for; without any it is to be plain."""
    said = f" {' '.join(words_of(folded(tone)))} "
    asked = [name for name, words in rules.told.tone.asks.items() if any(f" {folded(word)} " in said for word in words)]
    return tuple(asked) or ("plain",)


def _out_of(sentence: str, lists: Sequence[Phrases], polite: bool) -> Iterator[str]:
    for phrases in lists:
        if hits := phrases.find(sentence):
            yield f"“{hits[0].phrase}” in it"
    if polite and _EMOJI.search(sentence):
        yield "an emoji in it"


def missing_elements(context: ScreeningContext, rules: HouseRules) -> Iterator[Missing]:
    """Everything that the channel wants and the message lacks, as a code, a sentence and what was seen."""
    needs = rules.channel(context.channel).needs
    for need, element in _ELEMENTS.items():
        if need in needs:
            yield from element(context, rules)


def _personalisation(context: ScreeningContext, rules: HouseRules) -> Iterator[Missing]:
    names = rules.slots.names_in(f"{context.subject} {context.body}")
    if not any(name.startswith(_READER) for name in names):
        yield "no_personalisation", "Nothing in the message speaks to its reader; use {{contact.first_name|there}}.", ""


def _call_to_action(context: ScreeningContext, rules: HouseRules) -> Iterator[Missing]:
    if context.html:
        yield from _calls_in_page(context, rules)
        return
    calls = rules.slots.names_in(context.text).count("campaign.link") + context.text.count(context.link or "\0")
    if calls != 1:
        yield _calls(calls)


def _calls_in_page(context: ScreeningContext, rules: HouseRules) -> Iterator[Missing]:
    links = [link for link in context.page.links if link.seen]
    calls = [
        link for link in links if rules.slots.name_of_whole(link.url) == "campaign.link" or link.url == context.link
    ]
    rivals = [link for link in links if link.button and link not in calls]
    said = {_plain(" ".join((link.words, *link.names))) for link in calls}
    if not calls or rivals or len(said) > 2 or len(calls) > 3:
        yield _calls(len(calls) + len(rivals))
    elif unclear := [call for call in said if not call or call in rules.unclear_calls]:
        sentence = "The call to action does not say what happens."
        yield "unclear_call_to_action", sentence, unclear[0]


def _calls(count: int) -> Missing:
    if not count:
        return "no_call_to_action", "The message asks its reader for nothing; link {{campaign.link}} once.", ""
    return "several_calls_to_action", f"The message asks for {count} things; one is enough.", str(count)


def _sender(context: ScreeningContext, rules: HouseRules) -> Iterator[Missing]:
    body = context.page.always_seen if context.html else context.text
    said = _plain(without_slots(body))
    if any(name.startswith("sender.") for name in rules.slots.names_in(body)):
        return
    if not any(_plain(name) in said for name in context.sender_names if _plain(name)):
        yield (
            "no_sender",
            "The message does not say who writes; sign it with {{sender.name}} or {{sender.company}}.",
            "",
        )


def _plain(text: str) -> str:
    return " ".join(words_of(folded(text)))


_ELEMENTS = {"personalisation": _personalisation, "call to action": _call_to_action, "sender": _sender}
