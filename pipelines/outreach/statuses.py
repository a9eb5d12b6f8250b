"""What a report about a message changes: its status, and the marks from which statistics are read."""

from __future__ import annotations

from pipelines.contracts import Json
from pipelines.outreach.ports import NotNow

LADDER = ("pending", "sent", "delivered", "opened", "clicked", "replied")
STATUSES = (*LADDER, "bounced", "failed")
MARKS = {"sent": 1, "delivered": 2, "opened": 4, "clicked": 8, "replied": 16, "bounced": 32, "failed": 64}
MACHINE = {"opened": 128, "clicked": 256}

# Which of its marks is the status of a message, whichever was reported first; feed_outreach says the same.
SAYS_MOST = ("replied", "clicked", "bounced", "opened", "delivered", "sent", "failed")

# What a report proves besides itself: nobody opens what was not delivered. A reply does not prove that it was opened
# in a way that can be counted.
PROVES = {
    "sent": ("sent",),
    "delivered": ("sent", "delivered"),
    "opened": ("sent", "delivered", "opened"),
    "clicked": ("sent", "delivered", "opened", "clicked"),
    "replied": ("sent", "delivered", "replied"),
    "bounced": ("sent", "bounced"),
    "failed": ("failed",),
}


def after(happened: int, reported: str, *, by_machine: bool) -> tuple[str, int]:
    """The status and the marks after a report; late reports are marked and take nothing back."""
    if reported == "pending":
        raise NotNow("A message does not become pending again; report what happened to it.")
    if by_machine and reported not in MACHINE:
        raise NotNow(f"A machine can open and click; {reported} is told without by_machine.")
    if reported == "failed" and happened & MARKS["sent"]:
        raise NotNow("This message was sent, so it cannot fail any more; report bounced.")
    counted = "delivered" if by_machine else reported
    happened |= sum(MARKS[one] for one in PROVES[counted]) | (MACHINE[reported] if by_machine else 0)
    return next(one for one in SAYS_MOST if happened & MARKS[one]), happened


def performance(total: int, marks: dict[int, int]) -> Json:
    """Counts of human events over messages with these marks, and rates in percent."""
    counts = {name: _having(marks, MARKS[name]) for name in ("sent", "delivered", "opened", "clicked", "replied")}
    return {"total_messages": total, **counts, **rates(counts)}


def machine(marks: dict[int, int]) -> Json:
    """What machines did, beside what people did."""
    return {name: _having(marks, mark) for name, mark in MACHINE.items()}


def rates(counts: Json) -> Json:
    """Opened of delivered, clicked of opened, replied of delivered."""
    return {
        "open_rate": _percent(counts["opened"], counts["delivered"]),
        "click_rate": _percent(counts["clicked"], counts["opened"]),
        "reply_rate": _percent(counts["replied"], counts["delivered"]),
    }


def _having(marks: dict[int, int], mark: int) -> int:
    return sum(messages for happened, messages in marks.items() if happened & mark)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
