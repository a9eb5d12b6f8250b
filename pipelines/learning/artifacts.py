"""Model files in a folder, each named by its bytes; the hash in the database decides whether one is read."""

from __future__ import annotations

from pathlib import Path

from pipelines.contracts import Refusal
from pipelines.learning.modelling.model_file import Kept, sha256_of, write_whole

MEND = "bring it back, or take the version out with `liftline learning rollback`"


def keep_artifact(folder: Path, tenant: str, model: str, raw: bytes) -> tuple[str, str]:
    """The name of the file within the folder, and the hash of its bytes; the same bytes are the same file."""
    told = sha256_of(raw)
    name = f"{tenant}/{model}/{told}.liftline"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or sha256_of(path.read_bytes()) != told:
        write_whole(raw, path)
    return name, told


def open_artifact(folder: Path, name: str, expected: str) -> Kept:
    """The model in a file of ours; refused where it is gone or not the bytes that were registered."""
    path = folder / name
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Refusal(f"The model file {path} cannot be read ({error.strerror}); {MEND}.") from error
    if sha256_of(raw) != expected:
        raise Refusal(
            f"The model file {path} is not what was registered (its hash differs), so it is not opened; {MEND}."
        )
    return Kept.from_bytes(raw, str(path))
