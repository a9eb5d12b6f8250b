"""The text of one variant: sentences, each with the passages it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sentence(_Frozen):
    """One sentence and the ids of the passages that it claims to rest on."""

    text: str
    passage_ids: tuple[str, ...]


class Block(_Frozen):
    """One piece of the body."""

    kind: Literal["heading", "paragraph", "bullet", "quote"]
    sentences: tuple[Sentence, ...]


class Message(_Frozen):
    """What a writer returns, strictly in this shape; slots such as {{contact.first_name|there}} stand for people."""

    subject: Sentence
    preheader: Sentence
    blocks: tuple[Block, ...]
    call_to_action: Sentence

    def sentences(self) -> Iterator[tuple[str, Sentence]]:
        """Every sentence with its place: subject, preheader, block 1.1, …, call to action."""
        yield "subject", self.subject
        yield "preheader", self.preheader
        for number, block in enumerate(self.blocks, 1):
            for at, sentence in enumerate(block.sentences, 1):
                yield f"block {number}.{at}", sentence
        yield "call to action", self.call_to_action
