"""A question said in more words than its own: synonyms, what is known of the audience, a model's wordings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import yaml

from pipelines.contracts import Question, Refusal
from pipelines.knowledge.ports import Wording

SYNONYM, REWRITTEN, TRAIT = 0.5, 0.7, 0.25
MOST_CHARACTERS = 4000
MOST_REWRITTEN = 3

Synonyms = tuple[tuple[str, ...], ...]


def tidy(question: Question) -> Question:
    """The question on one line, cut where nobody asks any more; a question without a word is refused."""
    text = _on_one_line(question.text)
    if not text:
        raise Refusal("The question is empty; say what to look for.")
    return replace(question, text=text)


def read_synonyms(path: Path) -> Synonyms:
    """The groups of words that mean the same, from a YAML list of lists."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Refusal(
            f"The synonyms in {path} cannot be read ({type(error).__name__}); mend the file or LIFTLINE_SYNONYMS."
        ) from error
    if not isinstance(content, list):
        raise Refusal(f"{path} is no list of groups; write each group as in - [throw, blanket].")
    for number, group in enumerate(content, 1):
        if not (isinstance(group, list) and len(group) > 1 and all(isinstance(word, str) for word in group)):
            raise Refusal(f"{path}: group {number} is no list of two words or more; write it as in - [throw, blanket].")
    return tuple(tuple(word.strip() for word in group) for group in content)


def wordings(asked: Question, synonyms: Synonyms, rewritten: Sequence[str] = ()) -> tuple[Wording, ...]:
    """The question first, then what else may stand in a passage that answers it."""
    text = asked.text
    others = [Wording(other, REWRITTEN) for other in map(_on_one_line, rewritten[:MOST_REWRITTEN]) if other]
    same = [Wording(word, SYNONYM) for word in dict.fromkeys(_synonyms_in(text, synonyms))]
    known = [Wording(trait, TRAIT) for trait in dict.fromkeys(map(_on_one_line, asked.traits)) if trait]
    return (Wording(text, 1.0), *others, *same, *known)


def _synonyms_in(text: str, synonyms: Synonyms) -> Iterable[str]:
    asked = text.casefold()
    for group in synonyms:
        used = [word for word in group if _whole(word).search(asked)]
        if used:
            yield from (word for word in group if word not in used)


@cache
def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word.casefold())}(?:e?s)?(?!\w)")


def _on_one_line(text: str) -> str:
    visible = (" " if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text[:MOST_CHARACTERS])
    return " ".join("".join(visible).split())
