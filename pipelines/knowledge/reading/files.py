"""Which files are content, and why the others are not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from pipelines.contracts import Refusal
from pipelines.knowledge.reading.cleaning import visible

MOST_BYTES = 2_000_000
CAPTION, SIDECAR = ".caption.md", ".meta.yaml"
KINDS = (CAPTION, SIDECAR, ".md", ".markdown", ".txt", ".html", ".htm", ".csv", ".json")
_IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif")


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that was not read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Approved:
    """Who approved a file as it is, and when; None: nobody did yet."""

    approved_by: str | None
    approved_at: date | None


@dataclass(frozen=True, slots=True)
class Content:
    """A file that is read; `path` is its place, `kind` one of KINDS.

    One that a person brought is there as its bytes, and is approved by what others said of it, not by what it says.
    """

    path: str
    file: Path | bytes
    kind: str
    approved: Approved | None = None

    @property
    def stem(self) -> str:
        """Its name without the kind."""
        return PurePosixPath(self.path).name[: -len(self.kind)]


def contents_of(folder: Path) -> tuple[list[Content], list[Ignored]]:
    """The files to read, by path, and everything else with its reason."""
    found: list[Content] = []
    ignored: list[Ignored] = []
    met: set[Path] = set()
    inside = folder.resolve()
    # Links last: what a link leads to may stand in the folder itself.
    for path, entry in sorted(_entries(folder), key=lambda each: (each[1].is_symlink(), each[0])):
        reason = _reason(path, entry, inside) or (
            "is a link to another file of the folder" if entry.resolve() in met else ""
        )
        if reason:
            ignored.append(Ignored(path.encode("utf-8", "backslashreplace").decode(), reason))
        else:
            met.add(entry.resolve())
            found.append(Content(path, entry, kind_of(entry.name) or ""))
    return sorted(found, key=lambda each: each.path), sorted(ignored, key=lambda each: each.path)


def text_of(file: Path | bytes) -> str:
    """The text of a file as people see it."""
    try:
        size = len(file) if isinstance(file, bytes) else file.stat().st_size
        if size > MOST_BYTES:
            raise Refusal(f"it has {size / 1e6:.1f} MB and a document at most {MOST_BYTES / 1e6:.0f}; split it")
        content = file if isinstance(file, bytes) else file.read_bytes()
    except OSError as error:
        raise Refusal(f"it cannot be read ({error.strerror}); mend its permissions or remove it") from error
    if b"\0" in content:
        raise Refusal("it is no text; save it as UTF-8 text or give it another ending")
    try:
        return visible(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refusal(f"it is not UTF-8 (line {line}); save it as UTF-8") from error


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below the folder, and each folder that is not entered."""

    def unreadable(error: OSError) -> None:
        raise Refusal(f"{error.filename} cannot be read ({error.strerror}); mend its permissions.") from error

    for place, below, files in os.walk(folder, onerror=unreadable):
        closed = [name for name in below if name.startswith(".") or (Path(place) / name).is_symlink()]
        below[:] = sorted(set(below).difference(closed))
        for name in (*closed, *files):
            entry = Path(place) / name
            yield entry.relative_to(folder).as_posix(), entry


def _reason(path: str, entry: Path, inside: Path) -> str | None:
    """Why a file is left out; None if it is read."""
    if entry.name.startswith("."):
        return "is hidden"
    if not path.isprintable():
        return "has a name that cannot be printed; rename it"
    if entry.is_symlink() and not entry.exists():
        return "is a link that leads nowhere"
    if entry.is_symlink() and not entry.resolve().is_relative_to(inside):
        return "is a link that leads out of the folder"
    if entry.is_dir():
        return "is a link to a folder; put the folder itself here"
    if not entry.is_file():
        return "is no ordinary file"
    if path.lower() == "readme.md":
        return "tells about the folder"
    if kind_of(entry.name) is None:
        image = entry.suffix.lower() in _IMAGES
        return f"is an image; what it shows is read from {entry.stem}{CAPTION}" if image else "is of an unknown kind"
    return None


def kind_of(name: str) -> str | None:
    """The kind that a file's name tells; None for a file that is not read."""
    return next((kind for kind in KINDS if name.lower().endswith(kind)), None)
