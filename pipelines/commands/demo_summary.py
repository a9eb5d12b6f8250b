"""What the demo left, told in tables and places: counts that add up, lift beside the truth, where each file lies."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.commands.screen import out, print_table

if TYPE_CHECKING:
    from pipelines.services import Services

LATER = timedelta(days=15)


class Imported(NamedTuple):
    """One file: what its load and its profile task returned."""

    kind: str
    loaded: dict[str, Any]
    segments: dict[str, Any]


def show_customers(imported: Sequence[Imported]) -> None:
    """Every line of every file, and the segments that came of them."""
    from pipelines.commands.segmentation import show_segments

    print_table(
        "\nEvery line accounted for",
        ("file", "lines", "loaded", "merged", "quarantined"),
        [(one.kind, *(one.loaded[name] for name in ("rows", "loaded", "merged", "quarantined"))) for one in imported],
    )
    first = imported[0].loaded
    print_table("Customer lines in quarantine", ("line", "why", "how to mend it"), _refused(first["quarantine_file"]))
    show_segments(imported[-1].segments, as_json=False)
    _place("Quarantine", first["quarantine_file"])
    _place("Quality report", first["report_file"])


def show_campaign(services: Services, tenant: str, launched: dict[str, Any]) -> None:
    """The copy with its citations, the verdicts, the arms, and what became of each message."""
    from pipelines.commands.campaign_screening import show_coverage
    from pipelines.commands.drafting import show_copy
    from pipelines.delivery.run import standing
    from pipelines.generation.run import drafted, preview_variant
    from pipelines.safety.run import screened

    campaign = launched["campaign_id"]
    variants = drafted(services.studio, tenant, campaign)
    show_copy({**launched["draft"], "variants": variants}, samples=1)
    first = next((row for row in variants if row["status"] == "drafted"), None)
    if first is not None:
        folder = services.settings.liftline_reports / "previews" / tenant
        shown = preview_variant(services.studio, tenant, first["variant_id"], customer_id=None, folder=folder)
        _place("As a reader gets it", shown["html"])
    show_coverage(launched["screen"], screened(services.checkpoint, tenant, campaign), as_json=False)
    _place("Audit export", launched["screen"]["audit_export"])
    _place(
        "Prove it", f"python {launched['screen']['audit_export']}/verify_audit.py {launched['screen']['audit_export']}"
    )
    arms, sent = launched["assign"]["arms"], standing(services.post_room, tenant, campaign)
    print_table("Arms", ("arm", "people"), list(arms.items()))
    print_table(
        f"Sent once: {sent.audience} = {sent.claimed} claimed + {sent.skipped} skipped + {sent.waiting} waiting",
        ("state", "why", "messages"),
        [(one.state, one.sentence or one.code, one.messages) for one in sent.reasons],
    )
    _place("Outbox", services.outbox / tenant / "email")


def show_responses(services: Services, tenant: str, simulated: dict[str, Any]) -> None:
    """Robots found beside the truth, and what the experiment says once its time is over."""
    from pipelines.commands.experiments_analysis import show_analysis, show_verdict
    from pipelines.engagement.simulation.run import measure
    from pipelines.experiments.analysis.run import read_out

    campaign = simulated["campaign_id"]
    told = measure(services.listener, tenant, campaign)
    names = ("events", "robots", "caught", "precision", "recall", "people_lost")
    print_table(
        f"{simulated['events']} events of {simulated['people']} people, robots among them",
        ("kind", *names), [(kind, *(told[kind][name] for name in names)) for kind in ("clicks", "opens")],
    )  # fmt: skip
    columns = ("arm", "people", "truly", "filtered", "unfiltered", "lift_truly", "lift_filtered", "lift_unfiltered")
    print_table("Who clicked, beside the truth", columns, [[row[name] for name in columns] for row in told["lift"]])
    later = services.clock() + LATER
    said = read_out(services.laboratory, tenant, campaign, by="demo", as_of=later, foretold=True)
    out.print(f"\nThe experiment as of {later:%d %B}, when everybody had their time to respond:", highlight=False)
    shown = [one for one in said["comparisons"] if "segment" not in one and one["metric"] in ("clicked", "revenue")]
    show_analysis({**said, "comparisons": shown})
    show_verdict(said)
    truth = ", ".join(f"{arm} {lift:+.0%}" for arm, lift in simulated["lift"].items())
    out.print(f"The simulator's truth: {truth} clicks and purchases.", highlight=False, markup=False)
    _place("Kept aside", simulated["truth"])


def show_what_was_learnt(services: Services, tenant: str) -> None:
    """What retraining decided, and where the reports lie."""
    from pipelines.learning.run import models
    from pipelines.reporting.run import reports

    newest = {one["model"]: one for one in reversed(models(services.workshop, tenant)["decisions"])}
    decided = [(name, one["decision"], one["reason"]) for name, one in newest.items()]
    print_table("Models", ("model", "decision", "why"), decided)
    for one in reports(services.newsroom, tenant):
        _place(f"Report, {one['kind']} {one['subject']}", one["folder"])
    _place("Marts described", services.settings.liftline_reports / "dbt" / "index.html")


def show_measures(services: Services, tenant: str, campaign: str) -> None:
    """The measures of success, each with what was seen."""
    from pipelines.generation.run import drafted
    from pipelines.safety.guardrails.run import newest_decisions
    from pipelines.safety.run import screened

    decided = newest_decisions(services.gatehouse, tenant, campaign) or {}
    variants = drafted(services.studio, tenant, campaign)
    passed = sum(row["decision"] == "pass" for row in screened(services.checkpoint, tenant, campaign))
    segments = len({row["unit_id"] for row in variants})
    print_table(
        "\nMeasured",
        ("what", "wanted", "seen"),
        [
            ("customers decided upon, with reasons", "100 to 500", str(decided.get("audience", 0))),
            ("segments, variants in each", "3, 3 at least", f"{segments}, {len(variants) // max(segments, 1)}"),
            ("variants that passed safety", "over 90 %", f"{passed / max(len(variants), 1):.0%}"),
        ],
    )


def _place(what: str, where: object) -> None:
    out.print(f"{what + ':':<22} {where}", highlight=False, markup=False)


def _refused(path: str) -> list[tuple[int, str, str]]:
    with open(path, encoding="utf-8-sig", newline="") as lines:
        return [
            (int(row["quarantine_line"]), row["quarantine_reasons"], row["quarantine_mend"])
            for row in csv.DictReader(lines)
        ]
