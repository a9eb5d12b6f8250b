"""Text messages: which alphabet they take, how many segments that makes, and how to stay within a few."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief
from pipelines.generation.rendering.content import Content
from pipelines.generation.rendering.rendered import Notes, Rendered, size_of

MOST_SEGMENTS = 3
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
# What word processors and models write, and the letter of the telephone alphabet that says the same.
_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t", " "), **dict.fromkeys("•·", "-"),
        "…": "...", "×": "x", "\u200c": "", "\ufe0f": "", "½": "1/2", "¼": "1/4", "¾": "3/4",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text travels: its alphabet, the units it takes there, and in how many parts."""

    alphabet: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int
    forced_by: str = ""


def compose(content: Content, brief: Brief, brand: Brand) -> Rendered:
    """Who writes, the words, the link and the way out, in the telephone alphabet where it can be."""
    way_out = brand.language(brief.knowledge.locale).stop_by_sms
    text = f"{brand.name}: {content.words()} {content.call_to_action}: {{{{campaign.link}}}} {way_out}"
    text = normalised(text)
    return Rendered("sms", content.subject, "", "", text, size_of(text), 0)


def check(message: Rendered, notes: Notes) -> int:
    """The segments of a text message as it usually gets; more than three are a fault."""
    found = segments(message.text)
    if found.parts > MOST_SEGMENTS:
        notes.faults.append(
            f"the text takes {found.parts} segments ({found.units} {found.alphabet} units); {MOST_SEGMENTS} is the most"
        )
    if found.forced_by:
        notes.warnings.append(f"{found.forced_by} make it UCS-2, with 70 instead of 160 units a segment")
    return found.parts


def normalised(text: str) -> str:
    """Smart quotes, dashes and blanks as the telephone alphabet has them; slots stay as they are."""
    composed = unicodedata.normalize("NFC", text).translate(_SAME)
    return re.sub(" {2,}", " ", composed).strip()


def segments(text: str) -> Segments:
    """The segments of a text; neither an escaped sign nor a surrogate pair is split between two."""
    strange = "".join(dict.fromkeys(letter for letter in text if letter not in _BASIC and letter not in _EXTENDED))
    if strange:
        return Segments("UCS-2", *_packed([2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67), strange[:10])
    return Segments("GSM-7", *_packed([2 if letter in _EXTENDED else 1 for letter in text], 160, 153))


def _packed(widths: list[int], alone: int, joined: int) -> tuple[int, int]:
    units = sum(widths)
    if units <= alone:
        return units, 1 if units else 0
    parts, filled = 1, 0
    for width in widths:
        if filled + width > joined:
            parts, filled = parts + 1, 0
        filled += width
    return units, parts
