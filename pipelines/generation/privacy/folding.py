"""A text as it is compared: without accents, disguises and invisible characters, each letter knowing where it stood."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

# What a machine wrote in other signs (&eacute;, %40, \u0040), tags inside a word, and a word broken over two lines.
_WRITTEN = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});|(?:%[0-9A-Fa-f]{2})+|\\u[0-9a-fA-F]{4}"
    r"|</?(?:b|i|u|em|strong|span|small|wbr)>|(?<=[^\W\d_])[-\u2010\u00ad]\r?\n[ \t]*(?=[^\W\d_])"
)
# Letters that no decomposition takes apart, and foreign letters that look like ours.
_LIKE = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D",
        "ð": "d", "Ð": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H", "ŋ": "n",
        "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j", "ѕ": "s",
        "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "Х": "X",
        "І": "I", "Ј": "J", "Ѕ": "S", "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M",
        "Ν": "N", "Ο": "O", "Ρ": "P", "Τ": "T", "Υ": "Y", "Χ": "X", "ο": "o", "ν": "v",
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "’": "'", "‘": "'", "ʼ": "'", "`": "'",
        "´": "'", "＇": "'", "“": '"', "”": '"', "„": '"', "∕": "/", "⁄": "/", "․": ".", "·": ".", "∙": ".", "•": ".",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is compared; its letter number n stands at `starts[n]` to `ends[n]` of the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a found piece stands in the original, with the accents that follow its last letter."""
        return self.starts[start], self.ends[end - 1]


def folded(text: str) -> Folded:
    """`text` for comparison; upper and lower case are kept."""
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for piece, start, end in _pieces(text):
        if not piece and ends:
            ends[-1] = end
        for letter in piece:
            letters.append(letter)
            starts.append(start)
            ends.append(end)
    return Folded("".join(letters), tuple(starts), tuple(ends))


def plain(text: str) -> str:
    """`text` as `folded` reads it, without the places."""
    return "".join(_plain_letter(letter) for letter in text)


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    at = 0
    for found in _WRITTEN.finditer(text):
        yield from ((_plain_letter(text[place]), place, place + 1) for place in range(at, found.start()))
        yield plain(_meant(found[0])), found.start(), found.end()
        at = found.end()
    yield from ((_plain_letter(text[place]), place, place + 1) for place in range(at, len(text)))


def _meant(written: str) -> str:
    if written[0] == "&":
        return html.unescape(written)
    if written[0] == "%":
        return unquote(written, errors="replace")
    return chr(int(written[2:], 16)) if written[0] == "\\" else ""


@lru_cache(maxsize=4096)
def _plain_letter(letter: str) -> str:
    """One letter as it is compared: empty if it is not seen, a blank for every kind of blank."""
    if unicodedata.category(letter) in ("Cf", "Mn", "Me"):
        return ""
    if letter.isspace() or letter == "\u2800":
        return "\n" if letter in "\n\r\u2028\u2029" else " "
    if letter.isdigit() and not letter.isascii():
        return str(unicodedata.digit(letter))
    parts = unicodedata.normalize("NFKD", letter.translate(_LIKE))
    kept = "".join(part for part in parts if unicodedata.category(part) not in ("Cf", "Mn", "Me"))
    return kept.translate(_LIKE)
