"""Arms for the rows of any table: `arm` and `bucket` are added, slice by slice, and odd ids are told."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.contracts import Json, Refusal, Table
from pipelines.experiments.assigning import CODES, deal
from pipelines.experiments.design import Namespace
from pipelines.experiments.hashing import STEPS
from pipelines.experiments.layers import cut, pieces_of

ADDED = ("arm", "bucket")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a file: the experiment, the column of the ids, and how the arms share them."""

    key: str
    id_column: str
    shares: dict[str, float]
    coverage: float = 1.0
    namespace: Namespace | None = None
    hash_version: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.coverage <= 1:
            raise Refusal(f"The coverage is {self.coverage:g}; write a share from 0 to 1.")
        if self.hash_version not in STEPS:
            raise Refusal(f"There is no hash version {self.hash_version}; GrowthBook has 1 and 2.")


@dataclass(frozen=True, slots=True)
class FileSummary:
    """How the rows of a file ended; the numbers add up to its rows."""

    experiment: str
    hash_version: int
    rows: int
    arms: dict[str, int]
    codes: dict[str, int]
    duplicated_rows: int
    warnings: list[str]
    file: Path | None

    def to_json(self) -> Json:
        """The one object that `--json` prints."""
        return asdict(self)


def assign_table(table: Table, wanted: Wanted, source: Path, out: Path | None = None) -> FileSummary:
    """Write every row with its arm and bucket to `out`; who has no arm has none there, and the codes say why."""
    id_at = _place(table.header, wanted.id_column, source)
    names = list(wanted.shares)
    split = cut(pieces_of(wanted.shares), names, version=wanted.hash_version, coverage=wanted.coverage)
    arms, codes = np.zeros(len(names) + 1, np.int64), np.zeros(len(CODES), np.int64)
    seen: list[npt.NDArray[np.uint64]] = []
    lines: list[npt.NDArray[np.int64]] = []
    blank: list[int] = []
    unread: list[int] = []
    with _draft(out, source) as file:
        if file is not None:
            _write_header(file, (*table.header, *ADDED))
        for part in table.slices:
            unread += [line.line for line in part.refused]
            ids = part.cells.to_series(id_at).fill_null("")
            empty = ids.str.strip_chars() == ""
            blank += part.lines.filter(empty).to_list()
            dealt = deal(ids.to_arrow(), wanted.key, split, version=wanted.hash_version, namespace=wanted.namespace)
            nameless = empty.to_numpy()
            with_arm = np.where(nameless, np.int16(-1), dealt.arms)
            arms += np.bincount(with_arm + 1, minlength=len(arms))
            codes += np.bincount(dealt.codes[~nameless], minlength=len(codes))
            seen.append(ids.filter(~empty).hash().to_numpy())
            lines.append(part.lines.filter(~empty).cast(pl.Int64).to_numpy())
            if file is not None:
                told = pl.Series("arm", [None, *names], pl.String)[with_arm + 1]
                buckets = pl.Series("bucket", dealt.steps / STEPS[wanted.hash_version])
                shown = pl.select(pl.when(~empty).then(buckets)).to_series()
                part.cells.with_columns(arm=told, bucket=shown).write_csv(file, include_header=False)
    repeats, again = _repeats(seen, lines)
    return FileSummary(
        wanted.key, wanted.hash_version, int(arms.sum()) + len(unread),
        dict(zip(names, arms[1:].tolist(), strict=True)),
        {
            **{CODES[code][0]: count for code, count in enumerate(codes.tolist()) if count},
            **({"blank_id": len(blank)} if blank else {}), **({"unreadable_row": len(unread)} if unread else {}),
        },
        repeats, list(_warnings(wanted, blank, unread, repeats, again)), out,
    )  # fmt: skip


def _write_header(file: IO[bytes], names: Sequence[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(names)
    file.write(text.getvalue().encode())


def _place(header: Sequence[str], name: str, source: Path) -> int:
    found = [at for at, known in enumerate(header) if known == name.strip()]
    if not found:
        shown = ", ".join(header[:30]) + (", …" if len(header) > 30 else "")
        raise Refusal(f"{source} has no column {name!r}; its columns are {shown}.")
    if len(found) > 1:
        raise Refusal(f"{source} has {len(found)} columns {name!r}; rename all but one.")
    if there := [added for added in ADDED if added in header]:
        raise Refusal(f"{source} has a column {there[0]} already; rename or remove it.")
    return found[0]


def _repeats(seen: Sequence[npt.NDArray[np.uint64]], lines: Sequence[npt.NDArray[np.int64]]) -> tuple[int, list[int]]:
    """How many rows have an id that another row has as well, and the lines of the first of them."""
    if not seen:
        return 0, []
    twins = pl.Series(np.concatenate(seen)).is_duplicated()
    return int(twins.sum()), np.concatenate(lines)[twins.to_numpy()][:5].tolist()


def _warnings(
    wanted: Wanted, blank: Sequence[int], unread: Sequence[int], repeats: int, again: Sequence[int]
) -> Iterator[str]:
    column = wanted.id_column
    if blank:
        yield f"{_rows(len(blank))} no {column} ({_at(blank)}) and get no arm; fill it in, or leave them out."
    if repeats:
        yield (
            f"{_rows(repeats)} a {column} that stands in another row as well ({_at(again)}). The same id always gets "
            "the same arm, but count each person once when you analyse."
        )
    if unread:
        yield (
            f"{_rows(len(unread))} another number of cells than the header, or broken text ({_at(unread)}), and are "
            "left out."
        )


def _rows(count: int) -> str:
    return "1 row has" if count == 1 else f"{count:,} rows have"


def _at(lines: Sequence[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:5])
    return f"line{'s' if len(lines) > 1 else ''} {shown}{', …' if len(lines) > 5 else ''}"


@contextmanager
def _draft(out: Path | None, source: Path) -> Iterator[IO[bytes] | None]:
    """A file that is there only when all of it is. Its cells stay as they came: their owner joins them by the ids."""
    if out is None:
        yield None
        return
    if out.is_dir() or (out.exists() and out.samefile(source)):
        raise Refusal(f"The arms cannot be written to {out}; name another file with -o.")
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            yield file
        draft.replace(out)
    except OSError as error:
        raise Refusal(f"{out} cannot be written ({error.strerror}); check the folder and its space.") from error
    finally:
        with suppress(OSError):
            draft.unlink()
