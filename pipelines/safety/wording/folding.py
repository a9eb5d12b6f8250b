"""A text as a reader takes it: no case, no accents, nothing invisible, no letters that only look like ours."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Letters that look like ours and that no decomposition turns into them.
_LIKE = {
    **dict(zip("авекмнорстухіјѕԁԛԝьһӏ", "abekmhopctyxijsdqwbhl", strict=True)),
    **dict(zip("АВЕКМНОРСТУХІЈЅԌ", "abekmhopctyxijsg", strict=True)),
    **dict(zip("αβεηικνορτυχγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abenikvoptuxywabezhikmnoptyx", strict=True)),
    **dict(zip("ʙᴄᴅᴇғɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢᴀɡɑɩıłøđħŧ", "bcdefghijklmnoprstuvwyzagaiilodht", strict=True)),
    **dict(zip("ᎪᏴᏟᎠᎬᏀᎻᏆᎫᏦᏞᎷΝᏢᎡᏚᎢᏙᎳᏃ", "abcdeghijklmnprstvwz", strict=True)),
    "ß": "ss", "×": "x", "æ": "ae", "œ": "oe", "þ": "th", "’": "'", "‘": "'", "ʼ": "'", "´": "'", "“": '"',
    "”": '"', "„": '"', "«": '"', "»": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "•": "·", "∙": "·", "․": ".", "。": ".", "．": ".", "｡": ".", "∕": "/", "⁄": "/", "：": ":", "꞉": ":", "∶": ":",
    "\u115f": "", "\u1160": "", "\u3164": "", "\uffa0": "", "\u2800": " ", "\x85": "\n", "\u2028": "\n", "\u2029": "\n",
    # White letters on black discs and squares, and the letters that flags are made of.
    **{chr(first + at): chr(97 + at) for first in (0x1F150, 0x1F170, 0x1F1E6) for at in range(26)},
}  # fmt: skip
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 20_000, 20_000


class _Letters(dict[int, str]):
    """What each letter is read as, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        read = _read(chr(code))
        if len(self) < _MOST_REMEMBERED:
            self[code] = read
        return read


def _read(letter: str) -> str:
    if (like := _LIKE.get(letter)) is not None:
        return like
    if letter in "\n\t ":
        return letter
    if unicodedata.category(letter) in ("Cf", "Mn", "Me", "Cc", "Cs"):
        return "\n" if letter in "\r\x0b\x0c" else ""
    if letter.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", letter)
    return "".join(_LIKE.get(part, part) for part in parts if unicodedata.category(part) not in ("Mn", "Me")).lower()


_LETTERS = _Letters()


def folded(text: str) -> str:
    """The text in plain small letters; its length may differ."""
    if text.isascii() and text.isprintable():
        return text.lower()
    return _folded(text) if len(text) < _LONGEST_REMEMBERED else text.translate(_LETTERS)


@lru_cache(maxsize=1024)
def _folded(text: str) -> str:
    return text.translate(_LETTERS)


# What is written for a letter; 1, l, ! and | are all written for both i and l.
_LEET = str.maketrans(
    {"0": "o", "1": "i", "l": "i", "!": "i", "|": "i", "3": "e", "4": "a", "@": "a", "5": "s", "$": "s", "7": "t",
     "+": "t", "8": "b", "€": "e", "£": "l", "6": "g", "9": "g", "(": "c", "¡": "i"}
)  # fmt: skip


@lru_cache(maxsize=20_000)
def skeleton(word: str) -> str:
    """What is left of a folded word when letters written as digits and signs are read and doubled letters are one."""
    kept: list[str] = []
    for letter in word.translate(_LEET).replace("vv", "w"):
        if letter.isalnum() and (not kept or kept[-1] != letter):
            kept.append(letter)
    return "".join(kept)
