"""How far a campaign has come, said in a word and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.review.deciding import waiting_for

Tone = Literal["", "good", "bad", "warn"]

OVER = {
    "paused": ("Paused", "Nothing of it is sent until somebody resumes it.", "warn"),
    "cancelled": ("Cancelled", "Nothing of it is sent any more.", "bad"),
    "completed": ("Completed", "Nothing is left to send or to learn; its delivery says what became of it.", "good"),
}
BEING_SENT = ("Being sent", "Some of its messages still wait for their moment; its delivery says which.", "good")
SENT = ("Sent", "None of its messages waits now; its delivery says what became of each.", "good")
ANSWERED = {
    "approved": ("Approved", "Exactly this content may be sent to exactly these people.", "good"),
    "rejected": ("Rejected", "Somebody said no; change it and ask again.", "bad"),
    "expired": ("Not approved", "Nobody answered in time, and silence is no approval; ask again.", "bad"),
    "void": ("Changed", "Something was changed since it was asked to be approved; ask again.", "warn"),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a campaign stands."""

    word: str
    sentence: str
    tone: Tone
    under_way: bool = False


def progress_of(row: Mapping[str, Any]) -> Progress:
    """Where the campaign of such a row stands."""
    if over := OVER.get(row["status"]):
        return Progress(*over)  # type: ignore[arg-type]
    if row["approval"] == "approved" and row["begun"]:
        return Progress(*(BEING_SENT if row["waiting"] else SENT))  # type: ignore[arg-type]
    if answered := ANSWERED.get(row["approval"]):
        return Progress(*answered)  # type: ignore[arg-type]
    if row["approval"] == "open":
        return Progress("Waits for approval", waiting_for(row["waits_for"], row["due_at"]), "warn")
    return _prepared(row)


def _prepared(row: Mapping[str, Any]) -> Progress:
    texts = row["drafted"] + row["blocked"]
    if not row["units"]:
        return Progress("Begun", "Its audience is being looked for.", "", under_way=True)
    if not texts:
        return Progress("Audience found", f"{_groups(row['units'])} wait for their texts.", "", under_way=True)
    if row["screened"] < row["drafted"]:
        left = row["drafted"] - row["screened"]
        return Progress("Drafted", f"{_texts(texts)} written, {left} not screened yet.", "", under_way=True)
    if row["audience"] is None:
        return Progress("Screened", "Nobody has decided yet who may be written to.", "", under_way=True)
    return Progress("Prepared", "Nobody has asked yet whether it may be sent.", "")


def _groups(number: int) -> str:
    return "1 group of people" if number == 1 else f"{number} groups of people"


def _texts(number: int) -> str:
    return "1 text" if number == 1 else f"{number} texts"
