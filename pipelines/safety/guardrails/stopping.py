"""Whether an answer to a message revokes consent."""

from __future__ import annotations

import re
from collections.abc import Iterable

# What counts where the policy cannot be read: the words of carriers, and of the languages that people answer in.
USUAL_STOP_WORDS = (
    "stop", "stop all", "stopall", "quit", "end", "revoke", "opt out", "optout", "cancel", "unsubscribe", "abmelden",
    "stopp", "arret", "arrêt", "baja", "annulla",
)  # fmt: skip


def asks_to_stop(answer: str, stop_words: Iterable[str]) -> bool:
    """Whether the answer says stop and nothing else, in any case and however it is punctuated."""
    return _words(answer) in {_words(word) for word in stop_words}


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold().replace("please", "")))
