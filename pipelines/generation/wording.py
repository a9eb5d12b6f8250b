"""Text from outside in one form: composed, on one line, nothing in it that nobody sees."""

from __future__ import annotations

import re
import unicodedata

# The zero-width joiners stay: emoji and several scripts need them; direction marks, tag characters, and letters that
# look like blanks, only disguise.
UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
# No-break spaces stay where they are: they keep a figure and its unit together.
BREAKS = re.compile("[\t-\r\x1c- \x85\u2028\u2029]+")


def one_line(text: str) -> str:
    """The text composed (NFC), on one line, without control, direction and zero-width characters."""
    return BREAKS.sub(" ", UNSEEN.sub("", unicodedata.normalize("NFC", text))).strip()
