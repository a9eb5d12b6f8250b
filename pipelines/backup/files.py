"""The files of the state folder and of the reports: which are kept, how they are copied and put back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Set
from pathlib import Path, PurePosixPath

from pipelines.backup.manifest import Kept, sha256_of
from pipelines.contracts import Refusal

# The server's own files are in the dumps, the README of reports comes with the code; logs and what belongs to running
# processes mean nothing elsewhere.
LEFT_OUT = ("postgres", "airflow/logs", "airflow/server.json", "README.md")
LEFT_OUT_ENDINGS = (".lock", ".draft", ".part", ".pid")
# A manifest may come from elsewhere: no file that it names runs as somebody else or may be written by everybody.
OTHERS_READ_AT_MOST = 0o755
BLOCK = 1024 * 1024


def copy_all(source: Path, target: Path, *, leave_out: tuple[Path, ...] = ()) -> None:
    """Copy every file that is kept; one that is deleted meanwhile was not to be kept."""
    source = source.resolve()
    without = {source / name for name in LEFT_OUT} | {path.resolve() for path in leave_out}
    for path in _walk(source, without):
        if path.name.endswith(LEFT_OUT_ENDINGS):
            continue
        there = target / path.relative_to(source)
        there.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copy2(path, there)
        except FileNotFoundError:
            continue


def described(folder: Path) -> dict[str, Kept]:
    """Every file below a folder as the manifest keeps it."""
    found = {}
    for path in _walk(folder):
        state = path.stat()
        kept = Kept(sha256_of(path), state.st_size, state.st_mode & 0o777)
        found[path.relative_to(folder).as_posix()] = kept
    return dict(sorted(found.items()))


def check_free(files: Mapping[PurePosixPath, Kept], target: Path) -> None:
    """Refuse a target where a file would be overwritten by another one."""
    for path, kept in files.items():
        there = target / path
        if there.exists() and (not there.is_file() or sha256_of(there) != kept.sha256):
            raise Refusal(
                f"{there} is there already and is not the one of the backup; restore into a new LIFTLINE_HOME and "
                "LIFTLINE_REPORTS, or move that file away."
            )


def put_back(folder: Path, files: Mapping[PurePosixPath, Kept], target: Path, *, folders: int) -> None:
    """Copy the files to where they belong, each as a whole, with the rights that they had but for strangers' writing.

    Folders that are missing are made with the rights `folders`, but for those above the target.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for path, kept in files.items():
        there = target / path
        if there.exists():
            continue
        for parent in (target, *(target / above for above in reversed(path.parents))):
            parent.mkdir(mode=folders, exist_ok=True)
        _copy_whole(folder / path, there, kept.mode & OTHERS_READ_AT_MOST)


def _copy_whole(file: Path, there: Path, mode: int) -> None:
    draft = there.with_name(f"{there.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)
    # A key is not open to others for the moment before its rights are set.
    with (
        file.open("rb") as source,
        os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy,
    ):
        shutil.copyfileobj(source, copy, BLOCK)
        os.fchmod(copy.fileno(), mode)
    draft.rename(there)


def _walk(folder: Path, without: Set[Path] = frozenset()) -> Iterator[Path]:
    """Regular files, without following links; sockets and pipes hold nothing."""
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        folders[:] = sorted(name for name in folders if here / name not in without)
        for path in (here / name for name in sorted(names)):
            if path.is_file() and not path.is_symlink() and path not in without:
                yield path
