"""Words with a meaning to compare: stems, British spelling, irregular forms, synonyms; and which claim nothing."""

from __future__ import annotations

from functools import lru_cache

import snowballstemmer

from pipelines.generation.grounding.lexicon.filler import ACTIONS, LETTERS, PUFFERY, SCENES
from pipelines.generation.grounding.lexicon.synonyms import GROUPS, IRREGULAR, KEPT

_CACHED = 100_000
_ENGLISH = snowballstemmer.stemmer("english")


@lru_cache(maxsize=_CACHED)
def stem(word: str) -> str:
    """The stem of a word in lower case; "delivery" and "delivered", "organise" and "organize" come out alike."""
    if word in KEPT:
        return word
    found = str(_ENGLISH.stemWord(IRREGULAR.get(word, word)))
    if (found.endswith("i") and len(found) > 3) or (found.endswith("y") and len(found) > 4):
        found = found[:-1]
    return found[:-2] + "is" if found.endswith("iz") else found


def _memberships() -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for number, line in enumerate(GROUPS):
        for word in line.split():
            groups.setdefault(stem(word), []).append(f"={number}")
    return {own: tuple(dict.fromkeys(names)) for own, names in groups.items()}


_GROUPS_OF = _memberships()
_PLAIN = frozenset(stem(word) for word in (*PUFFERY, *SCENES, *LETTERS))
_PUFFERY = frozenset(stem(word) for word in PUFFERY)
_ACTIONS = frozenset(stem(word) for word in ACTIONS)


@lru_cache(maxsize=_CACHED)
def concepts_of(word: str) -> tuple[str, ...]:
    """What a word may be matched by: its stem first, then the groups of synonyms that it stands in."""
    own = stem(word)
    return (own, *_GROUPS_OF.get(own, ()))


def is_plain(word: str) -> bool:
    """Whether a word claims nothing: feelings, scenes, the machinery of letters."""
    return stem(word) in _PLAIN


def is_puffery(word: str) -> bool:
    """Whether a word only praises or feels."""
    return stem(word) in _PUFFERY


def is_action(word: str) -> bool:
    """Whether it is an everyday verb that says something only where nothing else does."""
    return stem(word) in _ACTIONS
