"""A message in the operator's own words: the body is the template as it stands, a writer gives the rest its tone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from pipelines.contracts import Refusal
from pipelines.generation.grounding import SentenceVerdict, verify_message
from pipelines.generation.grounding.splitting import sentences_of
from pipelines.generation.message import Block, Message, Sentence
from pipelines.generation.ports import Another, Answer, Ask, Writer, freely
from pipelines.generation.slots import unknown_slots

LONGEST = 4_000


class OwnWords:
    """A `Writer` that keeps the operator's text word by word; it is held to the same checks as any other copy."""

    def __init__(self, writer: Writer, template: str, today: date) -> None:
        check_own_words(template)
        self._writer, self._today = writer, today
        self._blocks = _blocks(template)
        self.provider, self.model = writer.provider, writer.model
        self.version = f"{writer.version}+own-{hashlib.sha256(template.encode()).hexdigest()[:8]}"

    def write(self, asks: Sequence[Ask], another: Another = freely) -> Iterator[tuple[int, Answer]]:
        """The writer's answers, the body of each replaced."""
        for index, answer in self._writer.write(asks, another):
            if answer.message is None:
                yield index, answer
            else:
                message = self._cited(answer.message.model_copy(update={"blocks": self._blocks}), asks[index])
                yield index, replace(answer, message=message, raw=message.model_dump_json())

    def _cited(self, message: Message, ask: Ask) -> Message:
        """Each sentence of the operator's cites what bears it out; where nothing does, the verifier says why."""
        every = tuple(ask.passage_ids)
        whole = _citing(message, lambda _: every)
        found = dict(verify_message(whole, ask.passages, self._today))
        return _citing(message, lambda place: _bearing(found[place], every))


def check_own_words(template: str) -> None:
    """Refuse a text that is empty, too long, or holds slots that nothing fills."""
    if not template.strip():
        raise Refusal("template is empty; write the text, or leave it out.")
    if len(template) > LONGEST:
        raise Refusal(f"template has {len(template):,} characters and {LONGEST:,} are the most; shorten it.")
    if troubles := unknown_slots(template):
        raise Refusal(f"template cannot be sent: {'; '.join(troubles)}.")


def _bearing(verdict: SentenceVerdict, every: tuple[str, ...]) -> tuple[str, ...]:
    if verdict.verdict == "supported" and verdict.passage_id:
        return (verdict.passage_id,)
    return () if verdict.verdict == "not_factual" else every


def _blocks(template: str) -> tuple[Block, ...]:
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", template.strip())]
    cut = ([one.text for one in sentences_of(paragraph)] for paragraph in paragraphs)
    return tuple(
        Block(kind="paragraph", sentences=tuple(Sentence(text=text, passage_ids=()) for text in texts))
        for texts in cut
        if texts
    )


def _citing(message: Message, cite: Callable[[str], tuple[str, ...]]) -> Message:
    """The same message, the citations of each sentence of the body given by its place."""
    blocks = tuple(
        block.model_copy(
            update={
                "sentences": tuple(
                    one.model_copy(update={"passage_ids": cite(f"block {b}.{s}")})
                    for s, one in enumerate(block.sentences, 1)
                )
            }
        )
        for b, block in enumerate(message.blocks, 1)
    )
    return message.model_copy(update={"blocks": blocks})
