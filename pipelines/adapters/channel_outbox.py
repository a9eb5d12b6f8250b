"""The offline twin of a channel without mail: a folder with one readable file a message, whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from threading import get_native_id

from pipelines.adapters.channel_limits import Limits, Objection, rejected
from pipelines.delivery.ports import OutboundMessage, Receipt


class ChannelOutbox:
    """A `Channel` that needs no account; it refuses what the vendor would refuse, and takes a message once."""

    name = "offline"
    most_per_request = 1000

    def __init__(
        self, folder: Path, limits: Limits, objection: Callable[[OutboundMessage], Objection | None] | None = None
    ) -> None:
        self._folder, self._objection = folder, objection or limits.objection

    def deliver(self, batch: Sequence[OutboundMessage]) -> Sequence[Receipt]:
        """One file a message, on the disk before its receipt is given."""
        return [self._kept(message) for message in batch]

    def _kept(self, message: OutboundMessage) -> Receipt:
        if objection := self._objection(message):
            return rejected(message, objection)
        # An id of others might hold a slash.
        name = hashlib.sha256(message.message_id.encode()).hexdigest()[:32]
        told = json.dumps(asdict(message), ensure_ascii=False, indent=1, default=str)
        try:
            write_whole(self._folder / f"{name}.json", told)
        except OSError as error:
            why = f"{self._folder} cannot be written ({error.strerror}); make room there or mend LIFTLINE_HOME."
            return Receipt(message.message_id, "retry", None, "disk", why)
        return Receipt(message.message_id, "accepted", name, "accepted", "It lies in the outbox.")


def write_whole(path: Path, text: str) -> None:
    """Put a file where it belongs in one step, on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{get_native_id()}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
