"""The outbox: a Maildir of whole messages that any mail program opens, and a page that lists the newest.

A message is written under `tmp`, synced and renamed into `new` under a name made of its id: a crash leaves it there
whole or not at all, and the same message again is the same file.
"""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parsedate_to_datetime
from itertools import islice
from pathlib import Path
from threading import get_native_id

from pipelines.adapters.channel_outbox import make_folder
from pipelines.delivery.ports import OutboundMessage, Receipt
from pipelines.disk import on_disk

LISTED = 200
_POLICY = SMTP.clone(max_line_length=200)


class Outbox:
    """A `Channel` that puts every message into a folder, whatever channel it is for."""

    name = "offline"
    most_per_request = 1000

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder, self._clock = folder, clock

    def deliver(self, batch: Sequence[OutboundMessage]) -> list[Receipt]:
        """Write each message; a full disk rejects none of those that lie there already."""
        try:
            for name in ("tmp", "new", "cur"):
                make_folder(self._folder / name)
        except OSError as error:
            return [_full(message, error) for message in batch]
        receipts = [self._put(message) for message in batch]
        try:
            on_disk(self._folder / "new")
        except OSError as error:
            # The same message again is the same file.
            return [_full(message, error) for message in batch]
        # The page is for people and is made anew each time: the messages lie there without it.
        with suppress(OSError):
            self._list()
        return receipts

    def _put(self, message: OutboundMessage) -> Receipt:
        name = f"{message.message_id}.eml"
        try:
            raw = as_mail(message, self._clock()).as_bytes()
            place = self._folder / "tmp" / f"{name}.{get_native_id()}"
            with place.open("wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            place.replace(self._folder / "new" / name)
        # What the email package says of an address that is none.
        except (ValueError, MessageError, IndexError, AttributeError) as error:
            # Its words may repeat the address, and what is said of a message outlives an erasure.
            why = f"It makes no valid mail ({type(error).__name__})."
            return Receipt(message.message_id, "rejected", None, "no_mail", why)
        except OSError as error:
            return _full(message, error)
        return Receipt(
            message.message_id, "accepted", f"outbox-{message.message_id}", "accepted", "It lies in the outbox."
        )

    def _list(self) -> None:
        """The newest messages on one page, itself written whole."""
        names = sorted(os.listdir(self._folder / "new"), reverse=True)
        rows = "".join(_row(self._folder / "new" / name) for name in islice(names, LISTED))
        many = "1 message" if len(names) == 1 else f"{len(names):,} messages"
        newest = f"The newest {LISTED} of them; each" if len(names) > LISTED else "Each"
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Outbox</title>'
            f"<h1>Outbox: {many}</h1><p>{newest} opens in a mail program.</p>"
            '<table cellpadding="4"><thead align="left"><tr><th scope="col">Subject</th><th scope="col">To</th>'
            f'<th scope="col">When (UTC)</th></tr></thead><tbody>{rows}</tbody></table></html>'
        )
        place = self._folder / f"index.html.{get_native_id()}"
        place.write_text(page, encoding="utf-8")
        place.replace(self._folder / "index.html")


def as_mail(message: OutboundMessage, now: datetime) -> EmailMessage:
    """The message as it would travel."""
    mail = EmailMessage(policy=_POLICY)
    mail["Subject"] = message.subject or f"({message.channel})"
    mail["From"] = Address(display_name=message.sender.name, addr_spec=message.sender.address)
    # What is no mail goes to a telephone, a device or a page: the address is kept as it is, under its own name.
    if message.channel == "email":
        mail["To"] = Address(addr_spec=message.address)
    else:
        mail["To"] = Address(addr_spec=f"{message.message_id}@{message.channel}.invalid")
        mail["X-Liftline-Address"] = message.address
    mail["Reply-To"] = message.sender.reply_to
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message.message_id}@liftline.invalid>"
    mail["X-Liftline-Message"] = message.message_id
    mail["X-Liftline-Channel"] = message.channel
    mail["X-Liftline-Categories"] = ", ".join(message.categories)
    if message.send_at:
        mail["X-Liftline-Send-At"] = format_datetime(message.send_at)
    for name, value in message.headers.items():
        mail[name] = value
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    return mail


def _full(message: OutboundMessage, error: OSError) -> Receipt:
    return Receipt(message.message_id, "retry", None, "outbox", f"The outbox takes nothing ({error.strerror}).")


def _row(path: Path) -> str:
    """What one message is about, to whom it goes and since when it lies here."""
    try:
        with path.open("rb") as file:
            head = file.read(4000).decode("utf-8", "replace")
    except FileNotFoundError:  # a mail program has moved it since
        head = ""
    lines = (line.partition(": ") for line in head.partition("\r\n\r\n")[0].splitlines())
    told = {name: value.strip() for name, _, value in lines}
    subject = str(make_header(decode_header(told.get("Subject", "")))) or path.name
    when = f"{parsedate_to_datetime(told['Date']).astimezone(UTC):%Y-%m-%d %H:%M}" if "Date" in told else ""
    cells = f'<a href="new/{html.escape(path.name)}">{html.escape(subject)}</a>', html.escape(_to(told)), when
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _to(told: Mapping[str, str]) -> str:
    return told.get("X-Liftline-Address") or told.get("To", "")
