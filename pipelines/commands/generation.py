"""`liftline generation …`"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands import drafting
from pipelines.commands.screen import AS_JSON, out, print_json, print_table

if TYPE_CHECKING:
    from pipelines.generation.checking import Checked

app = typer.Typer(help="Copy in which every claim can be traced.", no_args_is_help=True)
for command in (drafting.draft, drafting.give_up_batch, drafting.show, drafting.export, drafting.preview):
    app.command()(command)


@app.command()
def check(
    text: Annotated[Path, typer.Option(help="The text to check, Markdown or plain; - reads standard input.")],
    sources: Annotated[Path, typer.Option(help="Folder of approved content.")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day to check for; today if left out.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a sentence is unsupported.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """Hold every sentence of an English text against approved content: supported, unsupported or not factual."""
    from pipelines.generation import checking
    from pipelines.knowledge.run import read_sources

    written = checking.read_text(text, sys.stdin.buffer)
    checked = checking.check(written, read_sources(sources), on.date() if on else date.today())
    show_checked(checked, as_json=as_json)
    if strict and checked.counts["unsupported"]:
        raise typer.Exit(1)


def show_checked(checked: Checked, *, as_json: bool) -> None:
    """The verdicts, for a person or a machine."""
    if as_json:
        print_json(checked.to_json())
        return
    counts = ", ".join(f"{number} {word.replace('_', ' ')}" for word, number in checked.counts.items())
    print_table(
        f"{len(checked.sentences)} sentences against {checked.passages} passages on {checked.on}: {counts}",
        ("verdict", "sentence", "reason"),
        [(one.verdict.replace("_", " "), one.text, one.reason) for one in checked.sentences],
    )
    if not checked.sentences:
        out.print("There is no sentence in this text.", highlight=False, markup=False)
