"""The words around the facts, kept as YAML, each file read once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Theme:
    """What a fact may be about, and the words that lead up to it."""

    name: str
    cues: re.Pattern[str] | None
    questions: tuple[tuple[str, re.Pattern[str] | None], ...]
    leads: tuple[str, ...]
    headings: tuple[str, ...]
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leanings:
    """How much a theme gains by strategy and by stance."""

    strategies: Mapping[str, Mapping[str, float]]
    stances: Mapping[str, Mapping[str, float]]


def _read(name: str) -> Any:
    return yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def themes() -> Mapping[str, Theme]:
    """All themes, in the order in which they are tried."""
    return {entry["theme"]: _theme(entry) for entry in _read("themes")}


def _theme(entry: Mapping[str, Any]) -> Theme:
    return Theme(
        name=entry["theme"],
        cues=None if entry["cues"] is None else re.compile(entry["cues"], re.IGNORECASE),
        questions=tuple(
            (ask["say"], re.compile(ask["when"], re.IGNORECASE) if "when" in ask else None) for ask in entry["ask"]
        ),
        leads=tuple(entry["lead"]),
        headings=tuple(entry["heading"]),
        about=tuple(entry.get("about", ())),
    )


def theme_of(text: str, title: str = "") -> str:
    """The theme of a fact, by its words; what a guide to presents says of a price is said of a present."""
    found = _theme_in(text)
    return "gift" if found == "price" and _theme_in(title) == "gift" else found


def _theme_in(text: str) -> str:
    return next(name for name, theme in themes().items() if theme.cues is not None and theme.cues.search(text))


@cache
def hooks() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Lines to a reader, by stance and register."""
    found: Mapping[str, Mapping[str, Sequence[str]]] = _read("hooks")
    return found


@cache
def lines() -> Mapping[str, Any]:
    """Lines by strategy and purpose."""
    found: Mapping[str, Any] = _read("strategies")
    return found


@cache
def leanings() -> Leanings:
    """The weights by which themes are preferred."""
    return Leanings(**_read("leanings"))
