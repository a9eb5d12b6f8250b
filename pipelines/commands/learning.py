"""`liftline learning …`"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipelines.commands.experiments_analysis import LARGEST
from pipelines.commands.screen import AS_JSON, err, out, print_json, print_table

if TYPE_CHECKING:
    from pipelines.customers.reading.slices import OpenTable

app = typer.Typer(help="Models, and what was learnt from what people answered.", no_args_is_help=True)

TENANT = Annotated[str, typer.Option(help="Whose.")]
MODEL = Annotated[str, typer.Option(help="response, conversion, churn, send_hour or lead_quality.")]
AS_OF = Annotated[str | None, typer.Option(help="As of which moment; else the last midnight, UTC.")]
AS = Annotated[str | None, typer.Option("--as", help="Who says it; else who is signed in here.")]
# Of a table of a thousand columns nobody reads them all.
MOST_SHOWN = 20


@app.command()
def train(
    from_file: Annotated[Path | None, typer.Option("--from", help="Any table: CSV of any kind, or Parquet.")] = None,
    target: Annotated[str | None, typer.Option(help="The column to tell, with two answers.")] = None,
    ids: Annotated[list[str] | None, typer.Option("--id", help="A column that names rows; may be repeated.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A column to leave out; may be repeated.")] = None,
    time: Annotated[str | None, typer.Option(help="Orders the rows in time: the newest fifth then measures.")] = None,
    to: Annotated[Path | None, typer.Option("-o", "--out", help="Where the model goes.")] = None,
    model: Annotated[str | None, typer.Option(help="Or: a model of a tenant, such as churn.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose model.")] = None,
    as_of: AS_OF = None,
    as_json: AS_JSON = False,
) -> None:
    """Train on any table with --from and --target, or a tenant's model with --model and --tenant."""
    if from_file and target and not model:
        _train_table(from_file, target, ids or [], exclude or [], time, to, as_json=as_json)
        return
    if not (model and tenant) or from_file:
        raise typer.BadParameter("give either --from and --target, or --model and --tenant")
    from pipelines.commands.opening import open_services
    from pipelines.learning.run import moment_of, retrain

    done = retrain(open_services().workshop, tenant, model, by=getpass.getuser(), as_of=moment_of(as_of)).to_json()
    if as_json:
        print_json(done)
        return
    out.print(f"{model}, {done['rows']:,} cases: {done['reason']}", markup=False, highlight=False)


@app.command()
def score(
    file: Annotated[Path | None, typer.Argument(help="A table with the columns of the model.")] = None,
    model: Annotated[str, typer.Option(help="A model file, or the name of a tenant's model.")] = "",
    to: Annotated[Path | None, typer.Option("-o", "--out", help="Where the scores go, as CSV.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Score every customer of this tenant.")] = None,
    as_of: AS_OF = None,
    as_json: AS_JSON = False,
) -> None:
    """Score a table by a model file, or every customer of a tenant by its live model."""
    from pipelines.learning.run import moment_of, score_customers, score_file

    if file and model and to and not tenant:
        with _table(file) as table:
            done = score_file(table, file, Path(model), to)
    elif tenant and model and not file:
        from pipelines.commands.opening import open_services

        done = score_customers(open_services().workshop, tenant, model, as_of=moment_of(as_of))
    else:
        raise typer.BadParameter("give either FILE, --model FILE and -o, or --model NAME and --tenant")
    if as_json:
        print_json(done)
        return
    for warning in done.pop("warnings", []):
        err.print(warning, markup=False, highlight=False)
    out.print(", ".join(f"{name} {value}" for name, value in done.items()), markup=False, highlight=False)


@app.command()
def rollback(
    model: MODEL,
    tenant: TENANT,
    reason: Annotated[str, typer.Option(help="Why.")],
    by: AS = None,
    as_json: AS_JSON = False,
) -> None:
    """Take the live version of a model out; the one before it is live again, if there was one."""
    from pipelines.commands.opening import open_services
    from pipelines.learning.run import roll_back

    done = roll_back(open_services().workshop, tenant, model, by=by or getpass.getuser(), reason=reason)
    if as_json:
        print_json(done)
        return
    live = f"version {done['champion']} is live" if done["champion"] else "none is live until one is promoted"
    out.print(f"Version {done['rolled_back']} of {model} is out; {live}.", highlight=False)


@app.command("list")
def list_all(tenant: TENANT, as_json: AS_JSON = False) -> None:
    """List every version of every model, and what was decided last."""
    from pipelines.commands.opening import open_services
    from pipelines.learning.run import models

    found = models(open_services().workshop, tenant)
    if as_json:
        print_json(found)
        return
    print_table(
        "Models",
        ("model", "version", "state", "AUC", "cases", "learnt until", "trained at", "by"),
        [
            (
                row["model"], row["version"], row["state"], f"{row['metrics']['auc']:.3f}", row["rows"],
                f"{row['window_to']:%Y-%m-%d}", f"{row['trained_at']:%Y-%m-%d %H:%M}", row["trained_by"],
            )
            for row in found["versions"]
        ],
    )  # fmt: skip
    rows = [
        (f"{row['decided_at']:%Y-%m-%d %H:%M}", row["model"], row["decision"], row["reason"])
        for row in found["decisions"]
    ]
    print_table("Decisions", ("when (UTC)", "model", "decision", "why"), rows[:15])


@app.command()
def show(
    model: MODEL,
    tenant: TENANT,
    version: Annotated[int | None, typer.Option(help="Which; else the live one.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Show the card of a model, and what was decided on it."""
    from pipelines.commands.opening import open_services
    from pipelines.learning.run import show as shown

    found = shown(open_services().workshop, tenant, model, version)
    if as_json:
        print_json(found)
        return
    if found["version"]:
        out.print(found["version"]["card"], markup=False, highlight=False)
    else:
        out.print(f"No version of {model} was trained yet.", highlight=False)
    rows = [(f"{row['decided_at']:%Y-%m-%d %H:%M}", row["decision"], row["reason"]) for row in found["decisions"]]
    print_table("Decisions", ("when (UTC)", "decision", "why"), rows)


@app.command()
def insights(
    tenant: TENANT,
    state: Annotated[
        str | None, typer.Option(help="Only those that are offered, accepted, rejected, outdated.")
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """List what was learnt, with its evidence, offers first."""
    from pipelines.commands.opening import open_services
    from pipelines.learning.run import insights as listed

    rows = listed(open_services().workshop, tenant, state=state)
    if as_json:
        print_json({"insights": rows})
        return
    shown = [(row["insight_id"], row["state"], row["statement"], row["decided_by"]) for row in rows]
    print_table(f"{len(rows)} insights", ("insight", "state", "what", "decided by"), shown)


@app.command()
def accept(
    insight: Annotated[str, typer.Argument(help="The insight's id.")],
    tenant: TENANT,
    by: AS = None,
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AS_JSON = False,
) -> None:
    """Accept an insight: it is part of every prompt from now on, as a new version of it."""
    _decide(insight, tenant, "accepted", by, comment, as_json=as_json)


@app.command()
def reject(
    insight: Annotated[str, typer.Argument(help="The insight's id.")],
    tenant: TENANT,
    by: AS = None,
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AS_JSON = False,
) -> None:
    """Reject an insight: it steers nothing, and is not offered again."""
    _decide(insight, tenant, "rejected", by, comment, as_json=as_json)


def _decide(
    insight: str, tenant: str, decision: Literal["accepted", "rejected"], by: str | None, comment: str, *, as_json: bool
) -> None:
    from pipelines.commands.opening import open_services
    from pipelines.learning.run import decide

    done = decide(open_services().workshop, tenant, insight, decision, by=by or getpass.getuser(), comment=comment)
    if as_json:
        print_json(done)
        return
    out.print(f"{decision}: {done['statement']}", markup=False, highlight=False)
    out.print(f"Prompts are now {done['prompt_version']}.", markup=False, highlight=False)


def _train_table(
    path: Path, target: str, ids: list[str], exclude: list[str], time: str | None, to: Path | None, *, as_json: bool
) -> None:
    from pipelines.learning.run import train_from_file

    with _table(path) as table:
        summary = train_from_file(table, path, target, ids=ids, exclude=exclude, time=time, out=to)
    done: dict[str, Any] = summary.to_json()
    if as_json:
        print_json(done)
        return
    measured = ("auc", "pr_auc", "brier", "top_decile_lift")
    figures = [*((name, f"{done[name]:.4f}") for name in measured), ("calibration error", done["calibration"]["error"])]
    print_table(
        f"{target}: {done['rows']:,} rows, model {done['model_version']}", ("figure", "on unseen rows"), figures
    )
    rows = [(name, f"{share:.1%}") for name, share in summary.importance.items()]
    print_table("What it looks at", ("feature", "share of the gain"), rows[:MOST_SHOWN])
    if len(rows) > MOST_SHOWN:
        out.print(f"{len(rows) - MOST_SHOWN} other features count for less; --json names them.", highlight=False)
    if done["excluded"]:
        print_table("Left out", ("column", "why"), [(one["feature"], one["reason"]) for one in done["excluded"]])
    for warning in done["warnings"]:
        err.print(warning, markup=False, highlight=False)
    if to:
        out.print(f"Kept in {to}.", markup=False, highlight=False)


@contextmanager
def _table(path: Path) -> Iterator[OpenTable]:
    from pipelines.customers.reading.open import open_table
    from pipelines.customers.reading.source import open_file

    with open_file(path, max_bytes=LARGEST) as opened:
        yield open_table(opened, max_bytes=LARGEST)
