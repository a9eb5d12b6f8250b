"""What people see of a command: tables, a bar for long work, and JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines.contracts import Refusal

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def say_no(refusal: Refusal) -> None:
    """One sentence on standard error."""
    err.print(str(refusal), style="red", markup=False, highlight=False)


def print_json(content: Any) -> None:
    """One JSON object or array, and nothing else, on standard output."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows to compare, numbers to the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    listed = [list(row) for row in rows]
    for index, column in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[index], int | float) for row in listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*(_shown(cell) for cell in row))
    out.print(table)


def _shown(cell: Any) -> str:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    return "" if cell is None else str(cell)


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
