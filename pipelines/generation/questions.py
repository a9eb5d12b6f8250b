"""The prompt that asks a model for other wordings of questions, many at once, and the form of its answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.contracts import Question
from pipelines.generation.privacy import delimited

PROMPT = Path(__file__).with_name("prompts") / "queries-v1.txt"
AT_ONCE = 25
# A few short lines a question, with room for languages that need more tokens.
TOKENS_A_QUESTION = 160
LONGEST = 1_000


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reworded(_Frozen):
    """The other wordings of one question."""

    number: int
    wordings: tuple[str, ...]


class Wordings(_Frozen):
    """What a model returns, strictly in this shape."""

    questions: tuple[Reworded, ...]


@dataclass(frozen=True, slots=True)
class Rewording:
    """One call: so many questions, numbered from 1."""

    questions: tuple[Question, ...]
    messages: tuple[Mapping[str, str], ...]
    seed: int
    temperature: float
    most_output_tokens: int

    @property
    def key(self) -> tuple[str, str, str]:
        """Which call of its campaign it is."""
        return "", hashlib.sha256(self.messages[-1]["content"].encode()).hexdigest()[:16], ""

    @property
    def passage_ids(self) -> list[str]:
        """None: it is asked in order to find them."""
        return []

    @property
    def besides(self) -> list[Any]:
        """Nothing decides the answer besides the prompt."""
        return []

    def unfit(self, message: Wordings) -> str:
        """Whether a question was left out or numbered otherwise."""
        numbers = sorted(one.number for one in message.questions)
        return "" if numbers == list(range(1, len(self.questions) + 1)) else "left questions out"


@cache
def _words() -> str:
    return PROMPT.read_text(encoding="utf-8")


@cache
def prompt_version() -> str:
    """The template and the state that its words are in: other words are another version."""
    return f"{PROMPT.stem}-{hashlib.sha256(_words().encode()).hexdigest()[:8]}"


def rewordings(questions: Sequence[Question]) -> Iterator[Rewording]:
    """The calls that these questions take."""
    for at in range(0, len(questions), AT_ONCE):
        several = tuple(questions[at : at + AT_ONCE])
        material = {
            "questions": [
                {
                    "number": number,
                    "question": delimited("question", one.text, LONGEST),
                    "audience": delimited("audience", one.audience, LONGEST),
                }
                for number, one in enumerate(several, 1)
            ]
        }
        content = json.dumps(material, ensure_ascii=False, indent=1)
        messages = ({"role": "system", "content": _words()}, {"role": "user", "content": content})
        yield Rewording(several, messages, 1, 0.0, TOKENS_A_QUESTION * len(several))
