"""The decisions of a run as a file: written whole or not at all, and held against what the ledger says of them."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pipelines.contracts import FORMULA, Refusal

HASHED = ("customer_id", "verdict", "code", "codes")
READABLE = (*HASHED, "sentence")
_FORMULA = re.compile(FORMULA)


def check_place(path: Path) -> None:
    """Refuse a place where no file can be written, before the work and not after it."""
    if path.is_dir():
        raise Refusal(f"{path} is a folder; name a file for the CSV.")
    if not path.absolute().parent.is_dir():
        raise Refusal(f"The folder {path.absolute().parent} for the CSV does not exist; make it or choose another.")


def write_whole(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Let `write` fill the file; it takes its name when all of it is there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            write(file)
        draft.replace(path)
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({error.strerror}); check the folder and its space.") from error
    finally:
        draft.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """The digest of a file of decisions, as the ledger would hold it if nothing in it was changed."""
    digest = hashlib.sha256()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for cells in _hashed(csv.reader(file, strict=True), path):
                digest.update((",".join(map(_cell, cells)) + "\n").encode())
    except OSError as error:
        raise Refusal(f"{path} cannot be read ({error.strerror}); check the path.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise Refusal(f"{path} is not the CSV that was written ({error}); use a copy.") from error
    return digest.hexdigest()


def _hashed(rows: Iterator[list[str]], path: Path) -> Iterator[Sequence[str]]:
    header = tuple(next(rows, ()))
    if header not in (HASHED, READABLE):
        raise Refusal(f"{path} does not begin with the columns of a file of decisions: {', '.join(READABLE)}.")
    yield HASHED
    for row in rows:
        if len(row) != len(header):
            raise Refusal(f"A line of {path} has {len(row)} cells where {len(header)} belong; use a copy.")
        customer, *rest = row[: len(HASHED)]
        # What was written for spreadsheets has an apostrophe before each id that would run as a formula.
        plain = customer[1:] if header == READABLE and _FORMULA.match(customer) else customer
        yield (plain, *rest)


def _cell(value: str) -> str:
    """As PostgreSQL writes it."""
    return '"' + value.replace('"', '""') + '"' if any(sign in value for sign in ',"\r\n') else value
