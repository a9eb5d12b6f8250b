"""The offline twin of a channel without mail: a folder with one readable file a message, whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence, Set
from dataclasses import asdict
from pathlib import Path
from threading import get_native_id

from pipelines.adapters.channel_limits import Limits, Objection, rejected
from pipelines.delivery.ports import OutboundMessage, Receipt
from pipelines.disk import on_disk


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
        return standing([self._kept(message) for message in batch], {self._folder}, _mend(self._folder))

    def _kept(self, message: OutboundMessage) -> Receipt:
        if objection := self._objection(message):
            return rejected(message, objection)
        # An id of others might hold a slash.
        name = hashlib.sha256(message.message_id.encode()).hexdigest()[:32]
        told = json.dumps(asdict(message), ensure_ascii=False, indent=1, default=str)
        try:
            write_whole(self._folder / f"{name}.json", told)
        except OSError as error:
            return Receipt(message.message_id, "retry", None, "disk", _mend(self._folder)(error))
        return Receipt(message.message_id, "accepted", name, "accepted", "It lies in the outbox.")


def write_whole(path: Path, text: str) -> None:
    """Put a file where it belongs in one step, itself on the disk; its name is so once its folder is."""
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{get_native_id()}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def standing(receipts: list[Receipt], folders: Set[Path], mend: Callable[[OSError], str]) -> list[Receipt]:
    """The receipts once all folders are on the disk; where one is not, what was accepted is to be tried again."""
    if not any(receipt.outcome == "accepted" for receipt in receipts):
        return receipts
    try:
        for folder in folders:
            on_disk(folder)
    except OSError as error:
        why = mend(error)
        return [
            Receipt(one.message_id, "retry", None, "disk", why) if one.outcome == "accepted" else one
            for one in receipts
        ]
    return receipts


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each on the disk when this returns."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        on_disk(folder.parent)


def _mend(folder: Path) -> Callable[[OSError], str]:
    return lambda error: f"{folder} cannot be written ({error.strerror}); make room there or mend LIFTLINE_HOME."
