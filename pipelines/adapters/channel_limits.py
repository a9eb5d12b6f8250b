"""What a channel's vendor takes, as data by which adapters refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.delivery.ports import OutboundMessage, Receipt

PHONE = r"\+[1-9][0-9]{6,14}"

Objection = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """`address` is the pattern of a whole address."""

    characters: int
    address: str
    forbidden_prefixes: tuple[str, ...] = ()

    def objection(self, message: OutboundMessage) -> Objection | None:
        """Why the message cannot go out here, as a code and a sentence; None if nothing is held against it."""
        if not re.fullmatch(self.address, message.address):
            return "bad_address", "The address is none that this channel reaches; mend it in the customer's record."
        if message.address.startswith(self.forbidden_prefixes):
            return "forbidden_number", f"Advertising to {self.forbidden_prefixes[0]} numbers is not delivered here."
        if not message.text.strip():
            return "empty", "The message has no text; write it again."
        if len(message.text) > self.characters:
            return "too_long", f"The text has {len(message.text):,} characters; {self.characters:,} is the most."
        return None


def rejected(message: OutboundMessage, objection: Objection) -> Receipt:
    """The receipt of a message that was never sent, because it may not be."""
    return Receipt(message.message_id, "rejected", None, *objection)


def sorted_out(message: OutboundMessage, objection: Objection | None, send: Callable[[], Receipt]) -> Receipt:
    """Send what nothing is held against."""
    return rejected(message, objection) if objection else send()
