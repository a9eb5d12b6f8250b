"""Personas: kinds of people told by the words of their job title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.contracts import Refusal


@dataclass(frozen=True, slots=True)
class Persona:
    """One kind of person; without words it takes everybody whom no other persona takes."""

    persona: str
    description: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Personas:
    """All personas of a policy; the first whose words stand in the job title is the one."""

    listed: tuple[Persona, ...]

    def columns(self) -> dict[str, list[str]]:
        """As the parameters of a statement: names, descriptions and patterns in order."""
        return {
            "personas": [one.persona for one in self.listed],
            "descriptions": [one.description for one in self.listed],
            "patterns": [_pattern(one.words) for one in self.listed],
        }


def _pattern(words: tuple[str, ...]) -> str:
    return rf"\m({'|'.join(map(re.escape, words))})" if words else "^"


def read_personas(policies: Path) -> Personas:
    """The personas of `personas.yaml`, or a refusal that names the entry that cannot be used."""
    path = policies / "personas.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Refusal(f"{path} cannot be read ({error}); restore it.") from error
    entries = content.get("personas") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise Refusal(f"{path} lists no personas; give it `personas:` with persona, description and words.")
    found = tuple(_persona(entry, number, path) for number, entry in enumerate(entries, 1))
    if [one for one in found if not one.words] != [found[-1]]:
        raise Refusal(f"{path}: the last persona, and only the last, has no words: it takes everybody else.")
    return Personas(found)


def _persona(entry: object, number: int, path: Path) -> Persona:
    fields = entry if isinstance(entry, dict) else {}
    words = fields.get("words", [])
    texts = [fields.get("persona"), fields.get("description"), *(words if isinstance(words, list) else [None])]
    if set(fields) - {"persona", "description", "words"} or not all(isinstance(t, str) and t.strip() for t in texts):
        raise Refusal(f"{path}: persona {number} needs a persona, a description and a list of words, all texts.")
    return Persona(fields["persona"], fields["description"], tuple(words))
