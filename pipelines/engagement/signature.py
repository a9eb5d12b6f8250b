"""Whether a post comes from the provider: ECDSA over timestamp and raw body, judged before anything is parsed."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pipelines.contracts import Refusal

SIGNATURE, TIMESTAMP = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
# A post that is not taken comes again for a day, and nobody promises that it is signed anew.
FRESH_SECONDS = 25 * 3600
AHEAD_SECONDS = 300


class Forged(Refusal):
    """A post that is not believed to come from the provider."""


def public_key(encoded: str) -> ec.EllipticCurvePublicKey:
    """The key as the provider shows it: base64 of its DER form, with or without PEM's first and last line."""
    bare = "".join(re.sub(r"-----[A-Z ]+-----", "", encoded).split())
    try:
        key = load_der_public_key(base64.b64decode(bare, validate=True))
    except ValueError as error:
        raise Refusal(
            "SENDGRID_WEBHOOK_PUBLIC_KEY is no public key; copy it from SendGrid's settings of the event webhook."
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Refusal("SENDGRID_WEBHOOK_PUBLIC_KEY is no elliptic-curve key; copy it from SendGrid's settings.")
    return key


def verify(key: str, body: bytes, signature: str | None, timestamp: str | None, now: datetime) -> None:
    """Nothing if the post is signed by that key and fresh; else a refusal."""
    verifier = public_key(key)
    if not signature or not timestamp:
        raise Forged(f"The post is not signed; {SIGNATURE} and {TIMESTAMP} are needed.")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Forged(f"{TIMESTAMP} is no time in seconds.")
    try:
        signed = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Forged(f"{SIGNATURE} is not base64.") from error
    try:
        verifier.verify(signed, timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise Forged("The signature does not fit the post.") from error
    age = now.timestamp() - int(timestamp)
    if age > FRESH_SECONDS or age < -AHEAD_SECONDS:
        raise Forged("The post is signed for another time than now; it may be a replay.")


def sign(key: ec.EllipticCurvePrivateKey, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that vouch for a post, as the provider would send them."""
    moment = str(int(now.timestamp()))
    signed = key.sign(moment.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {SIGNATURE: base64.b64encode(signed).decode(), TIMESTAMP: moment}
