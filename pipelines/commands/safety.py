"""`liftline safety …`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands import campaign_screening
from pipelines.commands.eligibility import eligibility
from pipelines.commands.screen import AS_JSON, out, print_json, print_table, progress_bar

app = typer.Typer(help="What may be said and done.", no_args_is_help=True)
app.command("screen-campaign")(campaign_screening.screen_campaign)
for command in (campaign_screening.release, campaign_screening.reject, campaign_screening.queue, eligibility):
    app.command()(command)


@app.command()
def screen(
    file: Annotated[Path, typer.Argument(help="CSV with the texts (any delimiter or encoding).")],
    column: Annotated[str, typer.Option(help="The column that holds them.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="CSV of the verdicts.")],
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column that names a row; else its number does.")
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """Screen any texts for hate, self-harm, sexual content and violence: each passes, goes to review or is blocked."""
    from pipelines.commands.opening import open_services
    from pipelines.safety.policy import read_screening_policy
    from pipelines.safety.run import screen_file

    services = open_services()
    policy = read_screening_policy(services.settings.liftline_policies)
    with progress_bar(f"Screening {file.name}", silent=as_json) as progress:
        summary = screen_file(
            file,
            output,
            column=column,
            id_column=id_column,
            screen=services.screen,
            policy=policy,
            progress=progress,
        )
    show_screening(summary.to_json(), as_json=as_json)


def show_screening(summary: dict[str, Any], *, as_json: bool) -> None:
    """How the texts ended, for a person or a machine."""
    if as_json:
        print_json(summary)
        return
    print_table(
        f"{summary['rows']:,} texts by the screen {summary['screen']}",
        ("decision", "texts", "because of"),
        [
            (
                word,
                summary[word],
                ", ".join(f"{name or 'a broken row'} {n:,}" for name, n in summary["categories"].get(word, {}).items()),
            )
            for word in ("pass", "review", "block")
        ],
    )
    if summary["screen"] == "offline":
        out.print("The offline screen reads English and is a floor: it misses what Azure would find.", markup=False)
    out.print(f"Written to {summary['file']}", highlight=False, markup=False)
