"""Text as people see it: no invisible characters, one kind of space, and ids made of names."""

from __future__ import annotations

import hashlib
import re
import unicodedata

# Zero-width joiners carry meaning in some scripts and in emoji; every other invisible character can only hide text.
_JOINERS = "\u200c\u200d"
_LINE_ENDS = "\r\v\f\x85\u2028\u2029"
_INVISIBLE = ("Cc", "Cf", "Co", "Cs")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def visible(text: str) -> str:
    """The text without characters that nobody sees; line ends are all `\\n`."""
    text = text.replace("\r\n", "\n")
    # Nearly every text is, and looking at each of its characters takes far longer.
    if not text.replace("\n", "").isprintable():
        text = text.translate(_SEEN)
    return unicodedata.normalize("NFC", text)


def on_one_line(text: str) -> str:
    """The text with every stretch of white space as one space."""
    return " ".join(text.split())


def lines(text: str) -> str:
    """The text with single spaces, without empty lines, its line ends kept."""
    return "\n".join(filter(None, map(on_one_line, text.split("\n"))))


def as_id(name: str) -> str:
    """A document id made of a name, whatever it is written in."""
    plain = unicodedata.normalize("NFKD", name.translate(_GERMAN).replace("ß", "ss"))
    made = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")[:80].strip("-")
    return made or f"document-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class _Seen(dict[int, int | None]):
    """What becomes of each character, looked up once: itself, or nothing."""

    def __missing__(self, code: int) -> int | None:
        letter = chr(code)
        seen = letter in "\n\t" or letter in _JOINERS or unicodedata.category(letter) not in _INVISIBLE
        self[code] = ord("\n") if letter in _LINE_ENDS else code if seen else None
        return self[code]


_SEEN = _Seen()
