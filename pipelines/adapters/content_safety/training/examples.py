"""Invented sentences out of templates: `{slot}` is drawn from a list, `[one|other]` is one of its choices."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from pipelines.adapters.content_safety.training.lexicon import LEXICON, ORDINARY

TEMPLATES = Path(__file__).with_name("templates")
CHOICE = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
BEFORE = (
    "Honestly, ",
    "Listen: ",
    "Well, ",
    "I mean ",
    "Look, ",
    "Seriously, ",
    "Just so you know, ",
    "By the way, ",
    "So ",
    "And ",
    "Again: ",
    "Hi all, ",
    "As I said, ",
)
AFTER = (
    " lol",
    " ok?",
    ", believe me",
    ", you know",
    " haha",
    " and that is that",
    ", full stop",
    " #monday",
    ", thanks",
    " :)",
    " (see above)",
    ", as usual",
)
CONDEMNED = (
    'It is wrong to say "{}"',
    'Nobody should ever write "{}"',
    'He was banned because he posted "{}"',
    'Comments like "{}" are not acceptable',
    'The moderator removed the comment "{}"',
    'She was told "{}" and reported it to the police',
    'In court he admitted having shouted "{}"',
    'Whoever says "{}" has no place here',
    'Hate speech such as "{}" is against our rules',
    'The article condemns slogans like "{}"',
    'We teach children not to say "{}"',
    'Our filter catches messages such as "{}"',
    '"{}" is exactly the kind of sentence that we delete',
)
RUN_ON = 0.3


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence, how severe it is in each category, the template that it came from, and whether firms write such."""

    text: str
    labels: Mapping[str, int]
    template: int
    mail: bool = False


def examples(slots: Mapping[str, Sequence[str]], seed: int, harmful: int, harmless: int) -> list[Example]:
    """About as many sentences of each template as asked for, without repetition."""
    drawn: list[Example] = []
    number = 0
    for path in sorted(TEMPLATES.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        known = {**slots, **(content["slots"] or {})}
        for block in content["blocks"]:
            for template in block["texts"]:
                dice = random.Random(f"{seed} {number}")
                wanted = block.get("each", harmful if block["labels"] else harmless)
                texts = {_drawn(template, known, dice): None for _ in range(wanted * 2)}
                mail = block.get("mail", False)
                drawn += [Example(text, block["labels"], number, mail) for text in list(texts)[:wanted]]
                number += 1
    return [*_varied(drawn, random.Random(seed))]


def sources() -> str:
    """A hash of everything that was written by hand, so that weights of other sentences are noticed."""
    found = [LEXICON, ORDINARY, *sorted(TEMPLATES.glob("*.yaml"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in found)).hexdigest()


def _drawn(template: str, slots: Mapping[str, Sequence[str]], dice: random.Random) -> str:
    text = template
    while found := CHOICE.search(text):
        text = text[: found.start()] + dice.choice(found[1].split("|")) + text[found.end() :]
    while found := SLOT.search(text):
        text = text[: found.start()] + str(dice.choice(slots[found[1]])) + text[found.end() :]
    return " ".join(text.split()).replace(" .", ".").replace(" ,", ",")


def _varied(drawn: Sequence[Example], dice: random.Random) -> Iterator[Example]:
    harmless = [one for one in drawn if not one.labels]
    mail = [one for one in harmless if one.mail]
    for one in drawn:
        yield _spoken(one, dice)
        if one.mail and dice.random() < RUN_ON:
            # A heading without a full stop runs into the line below it.
            yield replace(one, text=f"{one.text.rstrip('.:!')}\n{dice.choice(mail).text}")
        chance = dice.random()
        if one.labels and chance < 0.10:
            said = dice.choice(CONDEMNED).format(one.text.rstrip("."))
            yield Example(said, {}, one.template)
        elif chance < 0.22:
            other = dice.choice(harmless)
            joined = (other.text.rstrip(".!"), dice.choice((" and ", ", ", ", but ", " because ")), one.text)
            yield Example("".join(joined if dice.random() < 0.7 else joined[::-1]), one.labels, one.template)


def _spoken(one: Example, dice: random.Random) -> Example:
    text = one.text
    if dice.random() < 0.2:
        text = dice.choice(BEFORE) + text
    if dice.random() < 0.2:
        text = text.rstrip(".") + dice.choice(AFTER)
    if dice.random() < 0.15 and len(text) > 12:
        at = dice.randrange(1, len(text) - 1)
        # A slip of the finger: a letter left out, two in the wrong order, a space too few or too many.
        slips = (text[:at] + text[at + 1 :], text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :],
                 text.replace(" ", "", 1), text[:at] + " " + text[at:])  # fmt: skip
        text = dice.choice(slips)
    return replace(one, text=text)
