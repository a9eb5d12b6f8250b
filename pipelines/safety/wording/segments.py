"""Into how many parts a text message is cut on its way."""

from __future__ import annotations

from itertools import accumulate

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE = frozenset("\f^{}\\[~]|€")


def segments(text: str) -> int:
    """The parts of a text: 160 letters of the telephone alphabet alone or 153 joined, 70 or 67 of any other."""
    if all(letter in _BASIC or letter in _DOUBLE for letter in text):
        widths, alone, joined = [2 if letter in _DOUBLE else 1 for letter in text], 160, 153
    else:
        widths, alone, joined = [2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67
    if sum(widths) <= alone:
        return 1 if widths else 0

    def filled(state: tuple[int, int], width: int) -> tuple[int, int]:
        parts, used = state
        return (parts + 1, width) if used + width > joined else (parts, used + width)

    *_, (parts, _used) = accumulate(widths, filled, initial=(1, 0))
    return parts
