"""Tokens in links by which a reader says stop or what they prefer: sealed, so that nobody else makes or reads one.

A token is sealed by AES-SIV (RFC 5297): one key both hides what it says and proves that nobody changed it, and the
proof is compared in constant time. It says whose wish it is, in which tenant, on which channel and for which purpose,
and since when; the same facts give the same token, so a message that is rendered again has the same links.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from pipelines.contracts import Refusal

# Longer than any law asks: an old letter must still lead out.
LIFE = timedelta(days=730)
EARLY = timedelta(minutes=5)
LONGEST = 1500
REFUSED = "This link does not work here: it was changed on its way, or it is too old. Use the link of a newer message."
_MARK = [b"liftline link 1"]

Kind = Literal["message", "customer"]


class TokenRefused(Refusal):
    """The token was not made here, was changed, is too old, or belongs to another tenant; which of them is not told."""

    def __init__(self) -> None:
        super().__init__(REFUSED)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says: the message it came in, or the customer it was made for."""

    tenant: str
    kind: Kind
    subject: str
    channel: str
    purpose: str
    issued_at: datetime


def token_for(
    key: bytes, tenant: str, subject: str, channel: str, purpose: str, issued_at: datetime, *, kind: Kind = "message"
) -> str:
    """A token for the reader of this message, or for this customer."""
    return tokens_for(key, tenant, [subject], channel, purpose, issued_at, kind=kind)[0]


def tokens_for(
    key: bytes,
    tenant: str,
    subjects: Sequence[str],
    channel: str,
    purpose: str,
    issued_at: datetime,
    *,
    kind: Kind = "message",
) -> list[str]:
    """A token for each of these; what all of them say alike is written once."""
    before = json.dumps([tenant, kind], separators=(",", ":"))[:-1]
    after = json.dumps([channel, purpose, int(issued_at.timestamp())], separators=(",", ":"))[1:]
    seal = _seal(key).encrypt
    return [_text(seal(f"{before},{json.dumps(subject)},{after}".encode(), _MARK)) for subject in subjects]


def read_token(key: bytes, token: str, now: datetime, *, tenant: str | None = None) -> Claim:
    """What the token says, or TokenRefused; with `tenant`, a token of any other is refused as well."""
    if not token.isascii() or len(token) > LONGEST:
        raise TokenRefused
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        said = json.loads(_seal(key).decrypt(sealed, _MARK))
    except (ValueError, InvalidTag):
        raise TokenRefused from None
    told, kind, subject, channel, purpose, issued = said
    claim = Claim(told, kind, subject, channel, purpose, datetime.fromtimestamp(issued, UTC))
    # Base64 has more than one way to write the last letter.
    if _text(sealed) != token or tenant not in (None, claim.tenant):
        raise TokenRefused
    if not claim.issued_at - EARLY <= now < claim.issued_at + LIFE:
        raise TokenRefused
    return claim


@lru_cache(maxsize=8)
def _seal(key: bytes) -> AESSIV:
    return AESSIV(hashlib.sha512(b"liftline links " + key).digest())


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
