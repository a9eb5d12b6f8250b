"""The simulator's own pair of keys: it signs as the provider does, with a key that nobody else has."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pipelines.contracts import Refusal


def private_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """The key in the folder, made when missing; nobody but its owner may read it."""
    path = folder / "private.pem"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = ec.generate_private_key(ec.SECP256R1())
        text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
        return made
    found = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise Refusal(f"{path} is no elliptic-curve key; remove it, and a new one is made.")
    return found


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """What SENDGRID_WEBHOOK_PUBLIC_KEY has to be for the simulator to be believed."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
