"""A batch of notes as a CSV that a person works off by hand, safe to open in a spreadsheet.

What happens: the file is there whole or not at all, and its name is made of the notes in it: the same batch again is
the same file. `accepted` means that the task was handed out; that the note was sent, the person reports.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path

from pipelines.adapters.channel_limits import Limits, Objection, rejected
from pipelines.adapters.channel_outbox import write_whole
from pipelines.contracts import FORMULA
from pipelines.delivery.ports import OutboundMessage, Receipt
from pipelines.disk import on_disk

# A person sends a handful an hour; a note has 300 characters, and an emoji counts as two.
LIMITS = Limits(characters=300, address=r"[^\x00-\x1f]{1,500}")
COLUMNS = ("message_id", "profile", "note", "topic", "not_before", "from", "done_at", "done_by")


def objection(message: OutboundMessage) -> Objection | None:
    """Why there is no task in it; None if nothing is held against it."""
    if found := LIMITS.objection(message):
        return found
    length = len(message.text.encode("utf-16-le")) // 2
    if length > LIMITS.characters:
        return "too_long", f"The note has {length} characters as LinkedIn counts; {LIMITS.characters} is the most."
    return None


class LinkedInTasks:
    """A `Channel` that hands out tasks."""

    name = "tasks"
    most_per_request = 500

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, batch: Sequence[OutboundMessage]) -> Sequence[Receipt]:
        """One file for the batch; a receipt for each."""
        refused = {message.message_id: found for message in batch if (found := objection(message))}
        tasks = [message for message in batch if message.message_id not in refused]
        name = hashlib.sha256("\n".join(message.message_id for message in tasks).encode()).hexdigest()[:16]
        trouble = self._written(self._folder / f"tasks-{name}.csv", tasks)

        def receipt(message: OutboundMessage) -> Receipt:
            if found := refused.get(message.message_id):
                return rejected(message, found)
            if trouble:
                return Receipt(message.message_id, "retry", None, "disk", trouble)
            return Receipt(message.message_id, "accepted", f"tasks-{name}", "accepted", "A person has it as a task.")

        return [receipt(message) for message in batch]

    def _written(self, path: Path, tasks: Sequence[OutboundMessage]) -> str:
        # Never over a list that somebody may have begun to work off.
        if not tasks:
            return ""
        try:
            if not path.exists():
                # Spreadsheets take a CSV without this mark for their local code page.
                write_whole(path, f"\ufeff{_table(tasks)}")
            on_disk(self._folder)
        except OSError as error:
            return f"{self._folder} cannot be written ({error.strerror}); make room there or mend LIFTLINE_REPORTS."
        return ""


def _table(tasks: Sequence[OutboundMessage]) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for task in tasks:
        when = task.send_at.isoformat() if task.send_at else ""
        cells = (task.message_id, task.address, task.text, task.topic, when, task.sender.name, "", "")
        rows.writerow([f"'{cell}" if re.match(FORMULA, cell) else cell for cell in cells])
    return out.getvalue()
