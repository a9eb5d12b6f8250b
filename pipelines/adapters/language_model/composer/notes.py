"""Messages that must be short: a fact comes first, and what else fits is put around it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipelines.adapters.language_model.composer.beginning import TooLittle, Work
from pipelines.adapters.language_model.composer.body import WORTH, Parts, cited, flowing, plain
from pipelines.adapters.language_model.composer.english import as_text_message
from pipelines.adapters.language_model.composer.facts import Fact
from pipelines.adapters.language_model.composer.stock import Run
from pipelines.adapters.language_model.composer.wordings import carried_on
from pipelines.generation.message import Block, Sentence

# Room for what code adds around the words: who writes, the link, and how to say stop.
_SENDER, _LINK, _STOP, _NAME = 14, 30, 20, 18
# What the few words to the reader of a text message take.
_HELLO = 32
# What the one fact of a text message must be worth.
_TELLING = 2.2
# Signs in each segment of a text message that has several.
_JOINED = 153
_FEW_WORDS = ("direct", "control")
_SLOT = re.compile(r"\{\{[^{}]*\}\}")


@dataclass(frozen=True, slots=True)
class Form:
    """What a short channel holds: the parts of its paragraphs, and the order in which parts are given room."""

    paragraphs: tuple[tuple[str, ...], ...]
    room_for: tuple[str, ...]
    longest: int
    with_link: bool
    longest_subject: int
    in_text_alphabet: bool = False


FORMS = {
    "sms": Form(
        (("hello", "ask", "fact", "second"),), ("fact", "ask", "hello", "second"),
        160 - _SENDER - _STOP, True, 40, True,
    ),
    "push": Form((("ask", "fact", "second"),), ("fact", "ask", "second"), 120, False, 40),
    "linkedin": Form((("greeting", "hook", "fact", "second"),), ("fact", "greeting", "hook", "second"), 300, True, 59),
    "whatsapp": Form(
        (("greeting", "hook"), ("fact", "second"), ("closing",)),
        ("fact", "greeting", "hook", "second", "closing"), 500, True, 59,
    ),
    "web": Form((("hook", "fact", "second"),), ("fact", "hook", "second"), 320, False, 59),
}  # fmt: skip


def form_of(channel: str, strategy: str) -> Form | None:
    """The form of a short channel, or None; a text message of few words is one segment, any other at most two."""
    form = FORMS.get(channel)
    if form is None or not form.in_text_alphabet or strategy in _FEW_WORDS:
        return form
    return replace(form, longest=2 * _JOINED - _SENDER - _STOP)


def note_parts(work: Work, form: Form) -> Parts:
    """The facts of a short message: what must be told, and what may be."""
    room = _room(work, form)
    fact = _first_fact(work, room, form, worth=_TELLING if form.in_text_alphabet else None)
    if not fact and form.in_text_alphabet:
        # Rather the sender in a second segment than nothing that tells.
        room = max(room, form.longest + _SENDER - _LINK - len(work.ask.brief.call_to_action.text) - 3)
        fact = _first_fact(work, room, form)
    if not fact and not work.choice.scored:
        raise work.too_little()
    if not fact:
        told = "the offer does not fit" if work.offer else "no fact of the passages offered fits"
        raise TooLittle(
            f"{told[0].upper()}{told[1:]} into a message by {work.ask.brief.channel} with its link and call to action; "
            "shorten them, or index content with shorter sentences."
        )
    first = _worded(fact[0], room)
    left = room - len(first.text) - 1 - (_HELLO if form.in_text_alphabet else 0)
    second: Run = next(
        ((told,) for told in work.deadline or work.offer if told not in fact and _fits((told,), left, form)), ()
    )
    second = (
        second
        or work.choice.dealt(lambda run: _fits(run, left, form), work.deal.first_of(), WORTH)
        or work.choice.take(lambda run: _fits(run, left, form), near=fact[0], worth=WORTH)
    )
    return {"fact": (first,), "second": tuple(_worded(told, left) for told in second), "lead": fact}


def _room(work: Work, form: Form) -> int:
    if not form.with_link:
        return form.longest
    asked = work.ask.brief.call_to_action
    return form.longest - len(asked.text) - 3 - max(_LINK, len(asked.link))


def _first_fact(work: Work, room: int, form: Form, worth: float | None = None) -> Run:
    for run in (work.deadline[:1], work.offer[:1]):
        if run and _fits(run, room, form):
            return run
    if work.offer:
        return ()
    voice: Run = ()
    if work.strategy == "social_proof":
        voice = work.choice.take(lambda run: run[0].is_quote and _fits(run, room, form))
    return (
        voice
        or work.choice.dealt(
            lambda run: not run[0].is_quote and _fits(run, room, form) and work.lines.stock.in_focus(run[0]),
            work.deal.first_of(),
            worth,
        )
        or work.choice.take(lambda run: not run[0].is_quote and _fits(run, room, form), worth=worth)
    )


def _fits(run: Run, room: int, form: Form) -> bool:
    if len(run) != 1 or (run[0].is_quote and room < 60):
        return False
    text = _worded(run[0], room).text
    return len(text) <= room and not (form.in_text_alphabet and as_text_message(text) is None)


def _worded(fact: Fact, room: int) -> Fact:
    """The fact without what it tells besides, where there is no room for that."""
    return (
        replace(fact, text=fact.short, carried_on=carried_on(fact.short, fact.product))
        if fact.short and len(fact.text) > room
        else fact
    )


def note_blocks(work: Work, form: Form, parts: Parts) -> tuple[Block, ...]:
    """The parts that fit, in reading order."""
    left = _room(work, form)
    said: dict[str, Sentence] = {}
    ways: dict[str, Callable[[], Sentence | None]] = {
        "greeting": lambda: _line(work.lines.greeting_in_a_note()),
        "hello": lambda: _line(work.lines.hello()),
        "hook": lambda: _line(work.lines.by_itself("hook")),
        "closing": lambda: _line(work.lines.by_itself("closing")),
    }
    if work.strategy == "curiosity":
        ways["ask"] = lambda: _line(work.lines.leading_up("ask", parts["fact"][0]))
    for name in form.room_for:
        sentence = ways[name]() if name in ways else next((cited(fact) for fact in parts.get(name, ())), None)
        if sentence is not None and (name == "fact" or _length(sentence.text) <= left):
            said[name] = _in_alphabet(sentence, form)
            left -= _length(sentence.text) + 1
    paragraphs = [tuple(said[name] for name in names if name in said) for names in form.paragraphs]
    facts = {fact.text: fact for run in parts.values() for fact in run}
    return tuple(Block(kind="paragraph", sentences=flowing(sentences, facts)) for sentences in paragraphs if sentences)


def _length(text: str) -> int:
    return len(_SLOT.sub("x" * _NAME, text))


def _line(text: str | None) -> Sentence | None:
    return plain(text) if text else None


def _in_alphabet(sentence: Sentence, form: Form) -> Sentence:
    plainly = as_text_message(sentence.text) if form.in_text_alphabet else None
    return Sentence(text=plainly, passage_ids=sentence.passage_ids) if plainly else sentence
