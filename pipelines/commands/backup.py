"""`liftline backup | restore`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.screen import AS_JSON, out, print_json


def backup(
    folder: Annotated[Path, typer.Argument(help="Folder to make; it will hold personal data and keys.")],
    as_json: AS_JSON = False,
) -> None:
    """Copy both databases and all files of Liftline into a folder, with the hash of each."""
    from pipelines.backup.run import back_up
    from pipelines.commands.opening import open_services

    made = back_up(open_services(), folder)
    if as_json:
        print_json(made.to_json())
        return
    out.print(
        f"{made.folder} holds schema {made.schema} and {made.files:,} files, {made.bytes / 1e6:,.1f} MB. Keep it where "
        "only those may read it who may read everything.",
        highlight=False, markup=False,
    )  # fmt: skip


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `liftline backup` made.")], as_json: AS_JSON = False
) -> None:
    """Put a backup into an empty Liftline, and pause each campaign that could send twice."""
    from pipelines.backup.run import restore as put_back
    from pipelines.commands.opening import open_services

    done = put_back(open_services(), folder)
    if as_json:
        print_json(done.to_json())
        return
    out.print(
        f"Restored what {done.folder} held on {done.made_at}: schema {done.schema}, {done.files:,} files. "
        f"Campaigns that this paused: {done.paused:,}. Before `liftline delivery resume`, compare what the provider "
        "sent since then, and run `liftline delivery sync-suppressions`.",
        highlight=False, markup=False,
    )  # fmt: skip
