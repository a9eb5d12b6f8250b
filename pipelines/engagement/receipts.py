"""By what a shop's page names the message that led to an order: its id with a seal that only we can make."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit, urlunsplit

PARAMETER = "liftline"


def receipt_of(key: bytes, message_id: str) -> str:
    """The id and its seal."""
    seal = hmac.digest(key, b"liftline receipt " + message_id.encode(), hashlib.sha256)
    return f"{message_id}.{seal.hex()[:32]}"


def message_of(key: bytes, receipt: str) -> str | None:
    """The message that a receipt names, or None for one that was not made here."""
    message_id = receipt.rpartition(".")[0]
    right = hmac.compare_digest(receipt.encode(), receipt_of(key, message_id).encode())
    return message_id if message_id and right else None


def with_receipt(url: str, receipt: str) -> str:
    """The address of a page that learns by it which message led there."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, f"{PARAMETER}={receipt}")))
    return urlunsplit(parts._replace(query=query))
