"""What people see of a command: tables, a bar for long work, and JSON for machines."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.contracts import Refusal

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)
AS_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
# What would move the cursor, colour the screen or turn letters around, whoever wrote it into a name.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LEAST_WORDS, MOMENT, UNBOUND = 16, 19, 10_000


def say_no(refusal: Refusal) -> None:
    """One sentence on standard error."""
    err.print(_harmless(str(refusal)), style="red", markup=False, highlight=False)


def print_json(content: Any) -> None:
    """One JSON object or array, and nothing else, on standard output."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows to compare, numbers to the right. Into a file or a pipe each row is one line; too wide a one is a list."""
    listed, columns = [list(row) for row in rows], [name.replace("_", " ") for name in columns]
    if not listed:
        out.print(f"{title}: none.", markup=False, highlight=False)
        return
    shown = [[_shown(cell) for cell in row] for row in listed]
    widths = [_least_width([name, *(row[index] for row in shown)]) for index, name in enumerate(columns)]
    if out.is_terminal and sum(widths) + 3 * len(widths) + 1 > out.width:
        _print_list(title, columns, shown)
        return
    table = Table(title=Text(_harmless(title), style="table.title"), title_justify="left", header_style="bold")
    for index, (column, width) in enumerate(zip(columns, widths, strict=True)):
        numeric = bool(listed) and all(isinstance(row[index], int | float) for row in listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", min_width=width)
    for row in shown:
        table.add_row(*map(Text, row))
    (out if out.is_terminal else Console(width=UNBOUND, soft_wrap=True)).print(table)


def _least_width(cells: Sequence[str]) -> int:
    """What nobody can read or copy in pieces stays whole: an id, a code, a number, a moment; words are broken."""
    whole = [len(cell) for cell in cells[1:] if " " not in cell or len(cell) <= MOMENT]
    longest = max((len(cell) for cell in cells), default=0)
    return max(min(longest, LEAST_WORDS), *whole, *map(len, cells[0].split()), 1)


def _print_list(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=Text(_harmless(title), style="table.title"), title_justify="left", show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            table.add_row(column, Text(cell))
        table.add_section()
    out.print(table)


def _shown(cell: Any) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M} UTC"
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    return "" if cell is None else _harmless(str(cell))


def _harmless(text: str) -> str:
    return _STEERING.sub("\ufffd", text)


@contextmanager
def progress_bar(label: str, *, silent: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar fed with (bytes done, all bytes), on a terminal only."""
    from rich.progress import DownloadColumn

    with _bar(label, DownloadColumn(), silent=silent) as progress:
        yield progress


@contextmanager
def count_bar(label: str, *, silent: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar fed with (done, total) of things that are counted, on a terminal only."""
    from rich.progress import MofNCompleteColumn

    with _bar(label, MofNCompleteColumn(), silent=silent) as progress:
        yield progress


@contextmanager
def _bar(label: str, count: Any, *, silent: bool) -> Iterator[Callable[[int, int], None] | None]:
    if silent or not err.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
