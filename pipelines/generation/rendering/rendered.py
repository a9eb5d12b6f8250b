"""What a channel sends, and what was found while it was made."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message as its channel sends it; slots stand in it until it is personalised."""

    channel: str
    subject: str
    preheader: str
    html: str
    text: str
    bytes: int
    segments: int
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Notes:
    """What stands in the way of sending a message, and what somebody should only know."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def size_of(*texts: str) -> int:
    """How many bytes the texts are as UTF-8."""
    return sum(len(text.encode("utf-8")) for text in texts)
