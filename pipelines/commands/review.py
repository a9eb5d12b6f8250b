"""`liftline review …`"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.screen import AS_JSON, out, print_json, print_table
from pipelines.commands.whose import TENANT, tenant_of
from pipelines.contracts import Refusal

app = typer.Typer(help="What waits for people, and what they say of it.", no_args_is_help=True)
CAMPAIGN = Annotated[str, typer.Option(help="The campaign's id.")]
AS = Annotated[str | None, typer.Option("--as", help="Who says it; else who is signed in here.")]
VARIANTS = Annotated[list[str], typer.Argument(help="Ids of variants.")]
COMMENT = Annotated[str, typer.Option(help="Why.")]
SEEN = Annotated[str | None, typer.Option(help="The hash that `show` told; refused if another stands by now.")]
VERSION = Annotated[
    int | None, typer.Option(min=1, help="The version that was looked at; refused if another stands by now.")
]


@app.command("list")
def list_all(
    tenant: Annotated[str, typer.Option(help="Whose campaigns.")],
    as_json: AS_JSON = False,
) -> None:
    """List the newest campaigns with where the approval of each stands and whose yes it waits for."""
    from pipelines.commands.opening import open_services
    from pipelines.review.run import waiting

    rows = waiting(open_services().board, tenant)
    if as_json:
        print_json({"campaigns": rows})
        return
    columns = ("campaign_id", "name", "state", "waits_for", "due_at", "created_by")
    print_table("Campaigns", columns, [[row[name] for name in columns] for row in rows])


@app.command()
def show(campaign: CAMPAIGN, tenant: TENANT = None, as_json: AS_JSON = False) -> None:
    """Show a campaign as a reviewer needs it: every variant, its screening, what people said, and where it stands."""
    from pipelines.commands.opening import open_services
    from pipelines.review.run import reviewed, standing

    services = open_services()
    whose = tenant_of(services, campaign, tenant)
    found = reviewed(services.board, whose, campaign)
    stands = standing(services.board, whose, campaign)
    if as_json:
        print_json({**found, "approval": stands.to_json()})
        return
    print_table(
        f"{found['name']} ({campaign})",
        ("variant", "version", "for", "subject", "state", "screened", "said", "rating", "counts"),
        [
            (
                row["variant_id"], row["version"], row["unit_id"], row["subject"], row["status"], row["screened"],
                row["decision"], row["rating"], "yes" if row["approvable"] else "no",
            )
            for row in found["variants"]
        ],
    )  # fmt: skip
    if found["obstacle"]:
        out.print(f"It cannot be approved yet: {found['obstacle']}.", highlight=False, markup=False)
    show_standing(stands.to_json())
    if stands.approved_hash:
        out.print(f"An answer is to {stands.approved_hash}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def approve(
    campaign: CAMPAIGN,
    by: AS = None,
    comment: COMMENT = "",
    seen: SEEN = None,
    tenant: TENANT = None,
    as_json: AS_JSON = False,
) -> None:
    """Say yes for the stage that waits; two people who did not make the campaign must say it."""
    from pipelines.commands.opening import open_services
    from pipelines.review import run

    services = open_services()
    whose = tenant_of(services, campaign, tenant)
    who = by or getpass.getuser()
    _print(run.approve(services.board, whose, campaign, by=who, comment=comment, seen=seen), as_json)


@app.command()
def reject(
    campaign: CAMPAIGN,
    by: AS = None,
    comment: COMMENT = "",
    seen: SEEN = None,
    tenant: TENANT = None,
    as_json: AS_JSON = False,
) -> None:
    """Say no, with --comment; also to what was approved already."""
    from pipelines.commands.opening import open_services
    from pipelines.review import run

    services = open_services()
    whose = tenant_of(services, campaign, tenant)
    who = by or getpass.getuser()
    _print(run.reject(services.board, whose, campaign, by=who, comment=comment, seen=seen), as_json)


@app.command()
def ask(campaign: CAMPAIGN, by: AS = None, tenant: TENANT = None, as_json: AS_JSON = False) -> None:
    """Ask whether exactly what the campaign holds now may be sent."""
    from pipelines.commands.opening import open_services
    from pipelines.experiments.run import fix_design
    from pipelines.review.run import ask_for_approval

    services, maker = open_services(), by or getpass.getuser()
    whose = tenant_of(services, campaign, tenant)
    fix_design(services.laboratory, whose, campaign, by=maker)
    _print(ask_for_approval(services.board, whose, campaign, by=maker), as_json)


@app.command()
def text(variant: Annotated[str, typer.Argument(help="The variant's id.")], tenant: TENANT = None) -> None:
    """Print the newest text of a variant as YAML, to be edited and given to `edit`."""
    import yaml

    from pipelines.commands.opening import open_services
    from pipelines.review.run import editable

    services = open_services()
    message = editable(services.board, tenant_of(services, variant, tenant), variant)
    typer.echo(yaml.safe_dump(message, allow_unicode=True, sort_keys=False, width=110), nl=False)


@app.command()
def edit(
    variant: Annotated[str, typer.Argument(help="The variant's id.")],
    file: Annotated[Path, typer.Option(help="The text as YAML or JSON, in the form that `text` prints.")],
    by: AS = None,
    version: VERSION = None,
    tenant: TENANT = None,
    as_json: AS_JSON = False,
) -> None:
    """Make a new version of a variant: verified by the sentence, then screened; an approval of before is void."""
    from pipelines.commands.opening import open_services
    from pipelines.review import run

    services = open_services()
    wanted, who, whose = _read(file), by or getpass.getuser(), tenant_of(services, variant, tenant)
    made = run.edit(services.board, whose, variant, wanted, by=who, seen=version)
    if as_json:
        print_json(made)
        return
    rows = [(one["place"], one["before"], one["after"]) for one in made["changes"]]
    print_table(f"{variant} is now version {made['version']}", ("place", "before", "after"), rows)
    screened = made["screened"] or "not screened yet"
    out.print(f"Screening: {screened}. {made['screening_reason'] or ''}".strip(), highlight=False, markup=False)


@app.command()
def keep(
    variants: VARIANTS,
    by: AS = None,
    comment: COMMENT = "",
    version: VERSION = None,
    tenant: TENANT = None,
    as_json: AS_JSON = False,
) -> None:
    """Approve single variants: a note for colleagues and for learning, no approval of the campaign."""
    _decided(variants, "approve", by, comment, version, tenant, as_json=as_json)


@app.command()
def drop(
    variants: VARIANTS,
    by: AS = None,
    comment: COMMENT = "",
    version: VERSION = None,
    tenant: TENANT = None,
    as_json: AS_JSON = False,
) -> None:
    """Reject single variants, with --comment: they are left out of what is sent."""
    _decided(variants, "reject", by, comment, version, tenant, as_json=as_json)


@app.command()
def rate(
    variants: VARIANTS,
    rating: Annotated[int | None, typer.Option(min=1, max=5, help="1 to 5.")] = None,
    flag: Annotated[list[str] | None, typer.Option(help="An issue, such as off_brand; may be given again.")] = None,
    by: AS = None,
    comment: COMMENT = "",
    version: VERSION = None,
    tenant: TENANT = None,
    as_json: AS_JSON = False,
) -> None:
    """Rate, flag or comment single variants; learning reads it."""
    from pipelines.commands.opening import open_services
    from pipelines.review.run import rate_variants

    services = open_services()
    who, whose = by or getpass.getuser(), tenant_of(services, variants[0], tenant)
    said = rate_variants(
        services.board, whose, variants, by=who, rating=rating, flags=flag or (), comment=comment,
        seen=_seen(variants, version),
    )  # fmt: skip
    _print_said(said, as_json)


def show_standing(stands: dict[str, Any]) -> None:
    """Where an approval stands, for a person."""
    for one in stands["answers"]:
        word, when = "yes" if one["decision"] == "approve" else "no", one["at"][:16].replace("T", " ")
        said = f"{one['by']} ({one['role']}) said {word} for {one['stage']} on {when} UTC"
        out.print(f"{said}{': ' + one['comment'] if one['comment'] else ''}", highlight=False, markup=False)
    out.print(stands["sentence"], highlight=False, markup=False)


def _seen(variants: list[str], version: int | None) -> dict[str, int]:
    if version and len(variants) > 1:
        raise Refusal("--version is of one variant; name the variants one by one.")
    return {variants[0]: version} if version else {}


def _decided(
    variants: list[str],
    decision: Any,
    by: str | None,
    comment: str,
    version: int | None,
    tenant: str | None,
    *,
    as_json: bool,
) -> None:
    from pipelines.commands.opening import open_services
    from pipelines.review.run import decide_variants

    services = open_services()
    who, whose = by or getpass.getuser(), tenant_of(services, variants[0], tenant)
    told = _seen(variants, version)
    _print_said(decide_variants(services.board, whose, variants, decision, by=who, comment=comment, seen=told), as_json)


def _print_said(said: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json({"variants": said})
        return
    for one in said:
        out.print(f"{one['variant_id']} version {one['version']}: {one['said']}", highlight=False, markup=False)


def _print(stands: Any, as_json: bool) -> None:
    if as_json:
        print_json(stands.to_json())
    else:
        show_standing(stands.to_json())


def _read(file: Path) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"{file} cannot be read ({error.strerror}); check the path.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"{file} is no YAML and no JSON ({' '.join(str(error).split())}); mend it.") from error
    if not isinstance(found, dict):
        raise Refusal(f"{file} holds no message; keep the form that `liftline review text` prints.")
    return found
