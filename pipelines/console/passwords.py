"""Passwords of people who sign in to the console itself, as scrypt hashes in a file that only its owner reads."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.contracts import Refusal

SHORTEST = 12
# 32 MB and about a tenth of a second for each guess.
COST, BLOCK, LANES = 2**15, 8, 1


@dataclass(frozen=True, slots=True)
class Passwords:
    """The folder that holds the file of passwords and the key that signs sessions."""

    folder: Path

    def set(self, user: str, password: str) -> None:
        """Give a person a password; sessions begun with an earlier one end."""
        if len(password) < SHORTEST:
            raise Refusal(f"A password has at least {SHORTEST} characters; choose a longer one.")
        salt = secrets.token_bytes(16)
        with self._alone():
            kept = self._read()
            kept[user] = f"{salt.hex()}:{_hashed(password, salt)}"
            _write(self.folder / "passwords.json", json.dumps(kept, indent=1))

    def right(self, user: str, password: str) -> bool:
        """Whether this is the person's password; an unknown name takes as long as a known one."""
        kept = self._read().get(user)
        salt, _, wanted = (kept or f"{'00' * 16}:-").partition(":")
        return hmac.compare_digest(_hashed(password, bytes.fromhex(salt)), wanted) and kept is not None

    def mark_of(self, user: str) -> str | None:
        """What changes whenever the password does, and tells nothing of it."""
        kept = self._read().get(user)
        return hashlib.sha256(f"session {kept}".encode()).hexdigest()[:24] if kept else None

    def session_key(self) -> str:
        """The key that signs sessions, made when first asked for."""
        path = self.folder / "session.key"
        with self._alone():
            if not path.exists():
                _write(path, base64.b64encode(secrets.token_bytes(48)).decode())
            return path.read_text(encoding="ascii")

    def _read(self) -> dict[str, str]:
        path = self.folder / "passwords.json"
        if not path.exists():
            return {}
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise Refusal(f"{path} is not readable as JSON; remove it and set the passwords anew.") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _hashed(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=2**26).hex()


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
