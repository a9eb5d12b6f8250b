"""A text as its reader sees it: no invisible characters, no look-alikes, no accents, lower case."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

from pipelines.adapters.content_safety.classifier.confusables import table

_LOOKALIKES = table()
_INVISIBLE = frozenset({"Cf", "Cc", "Mn", "Me", "Cs", "Co", "Cn"})
_KEPT = frozenset("\n\t\r\v\f\x85\u2028\u2029")
_CONTROLS = dict.fromkeys([*range(9), *range(14, 32), 127])
_CONTROLS |= {ord(one): " " for one in "\t\r\v\f"}
_CONTRACTIONS = {"'ll": " will", "'re": " are", "'m": " am", "'ve": " have", "'d": " would", "'s": ""}
_CONTRACTED = re.compile("'(?:ll|re|m|ve|d|s)(?![a-z])")


def normalised(text: str) -> str:
    """The text in lower-case plain letters; the same for every way to write the same visible words."""
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = _unmasked(text)
    text = text.translate(_CONTROLS).lower()
    if "'" in text:
        text = _CONTRACTED.sub(lambda found: _CONTRACTIONS[found[0]], text)
    return text


def _unmasked(text: str) -> str:
    # Look-alikes go first: a normal form may take one of them apart into something that looks like nothing.
    composed = unicodedata.normalize("NFKC", text.translate(_LOOKALIKES))
    apart = unicodedata.normalize("NFKD", composed).translate(_LOOKALIKES)
    return "".join(map(_visible, apart)).translate(_LOOKALIKES)


@lru_cache(maxsize=65_536)
def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z" or character in _KEPT:
        return "\n" if character in "\n\x85\u2028\u2029" else " "
    return "" if category in _INVISIBLE else character


def foreign_share(text: str) -> float:
    """The share of a normalised text's letters that are in no Latin script."""
    letters = [one for one in text if one.isalpha()]
    return sum(one > "\u024f" for one in letters) / len(letters) if letters else 0.0
