"""What a backup holds, by the hash of each file, so that damage is found before anything is put back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.contracts import Refusal

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a backup."""

    sha256: str
    bytes: int
    mode: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """When a backup was made, where the schema stood, and every file by its path within the folder."""

    made_at: str
    schema: str
    files: dict[str, Kept] = field(default_factory=dict)
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Put the manifest into the folder, sealed by its own hash."""
        told = asdict(self) | {"seal": self.seal}
        (folder / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

    @property
    def seal(self) -> str:
        """The hash of all that it says."""
        return _seal(asdict(self))

    def below(self, part: str) -> dict[PurePosixPath, Kept]:
        """The files of one part, by their path within it."""
        return {
            PurePosixPath(path).relative_to(part): kept
            for path, kept in self.files.items()
            if path.startswith(f"{part}/")
        }


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup whose every file is as it was written; a refusal names the first that is not."""
    path = folder / MANIFEST
    if not path.is_file():
        raise Refusal(f"{folder} is no backup: it has no {MANIFEST}; name a folder that `liftline backup` made.")
    try:
        told = json.loads(path.read_bytes())
        seal = told.pop("seal")
        manifest = Manifest(**{**told, "files": {name: Kept(**kept) for name, kept in told["files"].items()}})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, f"{MANIFEST} cannot be read") from error
    if seal != _seal(told):
        raise _damaged(folder, f"{MANIFEST} was changed")
    if manifest.format != FORMAT:
        raise Refusal(f"{folder} is a backup of format {manifest.format}; this Liftline knows {FORMAT}: update it.")
    for name, kept in manifest.files.items():
        _check(folder, name, kept)
    return manifest


def _check(folder: Path, name: str, kept: Kept) -> None:
    inside = PurePosixPath(name)
    # The folder may come from elsewhere: nothing is read or written outside of what it is for.
    if inside.is_absolute() or ".." in inside.parts or (folder / name).is_symlink():
        raise _damaged(folder, f"{name} leads out of it")
    if not (folder / name).is_file():
        raise _damaged(folder, f"{name} is missing")
    if (folder / name).stat().st_size != kept.bytes or sha256_of(folder / name) != kept.sha256:
        raise _damaged(folder, f"{name} was changed")


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seal(told: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _damaged(folder: Path, why: str) -> Refusal:
    return Refusal(f"The backup {folder} is damaged: {why}; nothing was restored, take another backup.")
