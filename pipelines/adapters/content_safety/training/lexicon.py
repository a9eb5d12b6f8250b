"""The lexicon: words by meaning, verbs in all their forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

LEXICON = Path(__file__).with_name("lexicon.yaml")
# Words a letter away from one that matters: nobody's slip and nobody's disguise.
ORDINARY = Path(__file__).with_name("ordinary_words.txt")
MOST = 3


def read_lexicon(path: Path = LEXICON) -> dict[str, list[str]]:
    """The words of each meaning."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        meaning: list(dict.fromkeys(form for word in words.split(",") for form in _forms(word.strip())))
        for meaning, words in content.items()
    }


def _forms(word: str) -> Iterator[str]:
    if not word.endswith("~"):
        yield word
        return
    stem = word[:-1]
    soft = stem.removesuffix("e")
    if re.fullmatch(r"[^aeiou]*[aeiou][bgmnpt]", stem):
        soft = stem + stem[-1]
    if re.search(r"[^aeiou]y$", stem):
        yield from (stem, stem[:-1] + "ies", stem[:-1] + "ied", stem + "ing")
    else:
        yield from (stem, stem + ("es" if re.search(r"(s|sh|ch|x)$", stem) else "s"), soft + "ed", soft + "ing")


def meanings_of(lexicon: Mapping[str, list[str]]) -> dict[str, tuple[int, ...]]:
    """Each word in lower case with the numbers of its meanings, at most three."""
    found: dict[str, list[int]] = {}
    for number, words in enumerate(lexicon.values()):
        for word in words:
            if number not in found.setdefault(word.lower(), []):
                found[word.lower()].append(number)
    return {word: tuple(numbers[:MOST]) for word, numbers in found.items()}
