"""The words of the public pages, in the reader's language where the sender writes in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from pipelines.delivery.wishes.ports import Letterhead

USUAL = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words; `version` names exactly this wording."""

    language: str
    version: str
    said: Mapping[str, str]
    channels: Mapping[str, str]

    def say(self, what: str, letterhead: Letterhead) -> str:
        """One sentence, with the sender's name and address in it."""
        return self.said[what].format(name=letterhead.name, website=letterhead.website)


def words_for(locale: str | None, letterhead: Letterhead) -> Words:
    """In the reader's language, else in the sender's first one, else in English."""
    wanted = (locale or "").replace("_", "-").partition("-")[0].lower()
    sender = [name.partition("-")[0] for name in letterhead.locales]
    choices = [wanted] if wanted in sender else []
    return next((_all()[name] for name in (*choices, *sender) if name in _all()), _all()[USUAL])


@cache
def _all() -> Mapping[str, Words]:
    written = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
    return {language: _words(language, dict(said)) for language, said in written.items()}


def _words(language: str, said: dict[str, object]) -> Words:
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]
    channels = said.pop("channels")
    assert isinstance(channels, dict)
    return Words(
        language, f"preferences-{language}-{digest}", {name: str(text) for name, text in said.items()}, channels
    )
