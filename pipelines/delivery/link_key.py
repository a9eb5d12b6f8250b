"""The key that seals links, kept in a file where no setting gives one: made once, read by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pipelines.contracts import Refusal

BYTES = 32


def kept_key(path: Path) -> bytes:
    """The key in the file, made when first asked for; whoever comes second takes the first one's."""
    if not path.exists():
        _made(path)
    key = path.read_bytes()
    if len(key) != BYTES:
        raise Refusal(f"{path} is not the key that was put there; restore it, or no link of older messages works.")
    return key


def _made(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(BYTES))
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces a key that is there already.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
