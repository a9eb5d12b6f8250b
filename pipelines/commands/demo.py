"""`liftline demo`: the real DAGs on the sample data, from an empty tenant to copy that is cited and screened."""

from __future__ import annotations

import csv
import time
from typing import TYPE_CHECKING, Any

from pipelines.commands.screen import out, print_table
from pipelines.contracts import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.orchestration.client import AirflowClient
    from pipelines.services import Services

TENANT = "demo"
SAMPLES = ("customers", "orders", "events", "consents", "suppressions")
RUN_SECONDS = 300
APPROVERS = {"rita": "reviewer", "quentin": "qa"}


def demo() -> None:
    """Run the real DAGs on the sample data and show what they left."""
    from pipelines.commands.opening import open_services
    from pipelines.orchestration.server import running

    started = time.monotonic()
    services = open_services()
    _ensure_tenant(services)
    out.print(f"[bold]1[/] PostgreSQL is up, tenant [bold]{TENANT}[/] is ready. Airflow is starting …", highlight=False)
    with running(services.settings, services.airflow_login(), port=0) as airflow:
        out.print(f"[bold]2[/] Airflow is up after {time.monotonic() - started:.0f} s: {airflow.url}", highlight=False)
        imported = [(kind, *_ingest(services, airflow, kind)) for kind in SAMPLES]
        _index(airflow)
        campaign, screening = _launch(services, airflow)
    _show_customers(imported)
    _show_copy(services, campaign)
    _show_screening(services, screening)
    out.print(f"\nDone in {time.monotonic() - started:.0f} s. Next: `make up` and sign in.", highlight=False)


def _data(*names: str) -> Path:
    from pipelines.settings import PROJECT

    return PROJECT.joinpath("data", *names)


def _ensure_tenant(services: Services) -> None:
    from pipelines.commands.people import welcome
    from pipelines.tenants.run import create_tenant

    if TENANT not in services.tenant_ids():
        create_tenant(services.database, TENANT, "Demo company")
    welcome(services, TENANT)


def _ingest(services: Services, airflow: AirflowClient, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """One upload, one run: what its load and its profile task returned."""
    from pipelines.customers.run import keep_upload

    sample = _data("samples", f"{kind}.csv")
    with sample.open("rb") as content:
        upload_id = keep_upload(
            services.uploads, content, file_name=sample.name, tenant=TENANT, kind=kind,
            max_bytes=services.desk.max_bytes,
        )  # fmt: skip
    run_id = _run(airflow, "customers_ingest", {"upload_id": upload_id}, f"imported {sample.name}")
    return airflow.returned("customers_ingest", run_id, "load"), airflow.returned("customers_ingest", run_id, "profile")


def _index(airflow: AirflowClient) -> None:
    """The sample company's approved content, made searchable."""
    conf = {"folder": str(_data("knowledge")), "tenant": TENANT}
    _run(airflow, "knowledge_index", conf, "indexed the approved content")


def _launch(services: Services, airflow: AirflowClient) -> tuple[dict[str, Any], dict[str, Any]]:
    """The sample campaign to its approval, which waits for two people; what drafting and screening returned."""
    conf = {"brief": str(_data("briefs", "winter_warmth.yaml")), "tenant": TENANT}
    run_id = airflow.trigger("campaign_launch", conf)
    if _waits_at_the_gate(airflow, run_id):
        _say_yes(services, airflow.returned("campaign_launch", run_id, "ask")["campaign_id"])
    did = "drafted and screened the winter campaign, and two people approved it"
    _ended_well(airflow, "campaign_launch", run_id, did)
    return airflow.returned("campaign_launch", run_id, "draft"), airflow.returned("campaign_launch", run_id, "screen")


def _waits_at_the_gate(airflow: AirflowClient, run_id: str) -> bool:
    """Whether the run came to its gate and stands there; False if it ended without waiting."""
    deadline = time.monotonic() + RUN_SECONDS
    while airflow.run_state("campaign_launch", run_id) not in ("success", "failed"):
        states = {task.task_id: task.state for task in airflow.task_states("campaign_launch", run_id)}
        if states.get("approve") == "awaiting_input":
            return True
        if time.monotonic() > deadline:
            raise Refusal(f"The run {run_id} did not come to its approval within {RUN_SECONDS} s; see {airflow.url}.")
        time.sleep(0.5)
    return False


def _say_yes(services: Services, campaign_id: str) -> None:
    """Two made-up people, each with the role for it, approve what the gate asks about; the gate sees it by itself."""
    from pipelines.review.run import approve, grant

    for user, role in APPROVERS.items():
        grant(services.database, TENANT, user, role, by="demo", at_machine=True)
        stands = approve(services.board, TENANT, campaign_id, by=user, comment="seen in the demo")
        out.print(f"  {user} ({role}): {stands.sentence}", highlight=False, markup=False)


def _run(airflow: AirflowClient, dag: str, conf: dict[str, Any], did: str) -> str:
    """One run to its good end; its id."""
    run_id = airflow.trigger(dag, conf)
    _ended_well(airflow, dag, run_id, did)
    return run_id


def _ended_well(airflow: AirflowClient, dag: str, run_id: str, did: str) -> None:
    state = airflow.wait(dag, run_id, timeout=RUN_SECONDS)
    if state != "success":
        raise Refusal(f"The run {run_id} of {dag} ended {state}: {airflow.failures(dag, run_id)}")
    out.print(f"[bold]3[/] DAG {dag} {did} (run {run_id}).", highlight=False)


def _show_customers(ended: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> None:
    from pipelines.commands.segmentation import show_segments

    print_table(
        "\nEvery line accounted for",
        ("file", "lines", "loaded", "merged", "quarantined"),
        [(kind, s["rows"], s["loaded"], s["merged"], s["quarantined"]) for kind, s, _ in ended],
    )
    first = ended[0][1]
    print_table("Customer lines in quarantine", ("line", "why", "how to mend it"), _refused(first["quarantine_file"]))
    show_segments(ended[-1][2], as_json=False)
    out.print(f"\nQuarantine:     {first['quarantine_file']}", highlight=False, markup=False)
    out.print(f"Quality report: {first['report_file']}", highlight=False, markup=False)


def _show_copy(services: Services, drafting: dict[str, Any]) -> None:
    from pipelines.commands.drafting import show_copy
    from pipelines.generation.run import drafted, preview_variant

    variants = drafted(services.studio, TENANT, drafting["campaign_id"])
    show_copy({**drafting, "variants": variants}, samples=1)
    first = next((row for row in variants if row["status"] == "drafted"), None)
    if first is not None:
        folder = services.settings.liftline_reports / "previews" / TENANT
        shown = preview_variant(services.studio, TENANT, first["variant_id"], customer_id=None, folder=folder)
        out.print(f"As {shown['customer_id']} would get it: {shown['html']}", highlight=False, markup=False)
        out.print(f"As a picture:      {shown['png']}", highlight=False, markup=False)


def _show_screening(services: Services, screening: dict[str, Any]) -> None:
    from pipelines.commands.campaign_screening import show_coverage
    from pipelines.safety.run import screened

    show_coverage(screening, screened(services.checkpoint, TENANT, screening["campaign_id"]), as_json=False)
    export = screening["audit_export"]
    out.print(f"Audit export:      {export}", highlight=False, markup=False)
    out.print(f"Prove it:          python {export}/verify_audit.py {export}", highlight=False, markup=False)


def _refused(path: str) -> list[tuple[int, str, str]]:
    with open(path, encoding="utf-8-sig", newline="") as lines:
        return [
            (int(row["quarantine_line"]), row["quarantine_reasons"], row["quarantine_mend"])
            for row in csv.DictReader(lines)
        ]
