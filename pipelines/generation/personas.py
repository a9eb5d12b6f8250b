"""Personas: kinds of people told by how the words of their job title begin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from pipelines.policy_files import read_policy

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


# Words of so many letters are no beginnings of longer ones.
WHOLE = 4


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Persona(_Part):
    """One kind of person; without words it takes everybody whom no other persona takes."""

    persona: Text
    description: Text
    words: tuple[Text, ...] = ()


def _the_last_takes_the_rest(listed: tuple[Persona, ...]) -> tuple[Persona, ...]:
    if [one for one in listed if not one.words] != [listed[-1]]:
        raise ValueError("the last persona, and only the last, has no words: it takes everybody else")
    return listed


class Personas(_Part):
    """All personas of a policy; the first whose words stand in the job title is the one."""

    personas: Annotated[tuple[Persona, ...], Field(min_length=1), AfterValidator(_the_last_takes_the_rest)]

    def columns(self) -> dict[str, list[str]]:
        """As the parameters of a statement: names, descriptions and patterns in order."""
        return {
            "personas": [one.persona for one in self.personas],
            "descriptions": [one.description for one in self.personas],
            "patterns": [_pattern(one.words) for one in self.personas],
        }


def _pattern(words: tuple[str, ...]) -> str:
    return rf"\m({'|'.join(map(_beginning, words))})" if words else "^"


def _beginning(word: str) -> str:
    # As a beginning, coo would take coordinators and hr a Hrvatski teacher: what is so short is a whole word.
    return re.escape(word) + (r"(?!\w)" if len(word) <= WHOLE else "")


def read_personas(policies: Path) -> Personas:
    """The personas of `personas.yaml`, or a refusal that names every mistake in it."""
    return read_policy(policies / "personas.yaml", Personas, "list of personas")
