"""Who may sign in to Airflow, and the keys that keep them signed in over a restart."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.contracts import Refusal

ROLES = {"ada": "admin", "mark": "user", "vera": "viewer", "olga": "op"}
ADMINISTRATOR = "ada"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The users with their passwords, and Airflow's signing keys; none of it shows in a repr."""

    passwords_file: Path
    passwords: dict[str, str] = field(repr=False)
    jwt_secret: str = field(repr=False)
    api_secret: str = field(repr=False)
    fernet_key: str = field(repr=False)


def sign_in(home: Path) -> SignIn:
    """The sign-in of this Airflow home, made the first time it is asked for."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "sign_in.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        keys = _completed(home / "keys.json", _new_keys())
        passwords = _completed(home / "passwords.json", {name: secrets.token_urlsafe(12) for name in ROLES})
    return SignIn(
        home / "passwords.json",
        {name: passwords[name] for name in ROLES},
        keys["jwt_secret"],
        keys["api_secret"],
        keys["fernet_key"],
    )


def _new_keys() -> dict[str, str]:
    return {
        "jwt_secret": secrets.token_urlsafe(48),
        "api_secret": secrets.token_urlsafe(48),
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def _completed(path: Path, wanted: dict[str, str]) -> dict[str, str]:
    """What `path` holds, with the names that it lacks added; only its owner may read it."""
    kept = _read(path)
    if wanted.keys() <= kept.keys():
        path.chmod(0o600)
        return kept
    whole = wanted | kept
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(whole, file)
    draft.replace(path)
    return whole


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refusal(f"{path} is not readable as JSON; remove it and it is made anew.") from error
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise Refusal(f"{path} is not a table of names and texts; remove it and it is made anew.")
    return kept
