"""`liftline demo`: the real DAGs on the sample data, from an empty tenant to reports."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pipelines.commands.demo_summary import (
    Imported,
    show_campaign,
    show_customers,
    show_measures,
    show_responses,
    show_what_was_learnt,
)
from pipelines.commands.screen import out
from pipelines.contracts import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.orchestration.client import AirflowClient
    from pipelines.services import Services

TENANT = "demo"
SAMPLES = ("customers", "orders", "events", "consents", "suppressions")
RUN_SECONDS = 300
APPROVERS = {"rita": "reviewer", "quentin": "qa"}
SEED = 7


def demo() -> None:
    """Run the real DAGs on the sample data, from a file to reports, and show what they left."""
    from pipelines.commands.opening import open_services
    from pipelines.orchestration.server import running

    started = time.monotonic()
    services = open_services()
    _ensure_tenant(services)
    out.print(f"[bold]1[/] PostgreSQL is up, tenant [bold]{TENANT}[/] is ready. Airflow is starting …", highlight=False)
    with running(services.settings, services.airflow_login(), port=0) as airflow:
        out.print(f"[bold]2[/] Airflow is up after {time.monotonic() - started:.0f} s: {airflow.url}", highlight=False)
        imported = _imported(services, airflow)
        launched = _launch(services, airflow)
        simulated = _respond(services, airflow, launched["campaign_id"])
        _learn_and_report(airflow)
    show_customers(imported)
    show_campaign(services, TENANT, launched)
    show_responses(services, TENANT, simulated)
    show_what_was_learnt(services, TENANT)
    show_measures(services, TENANT, launched["campaign_id"])
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


def _imported(services: Services, airflow: AirflowClient) -> list[Imported]:
    """Customers first, for the other files speak of them; these, and the approved content, at once."""
    first = _upload(services, airflow, SAMPLES[0])
    _ended_well(airflow, *first, "imported customers.csv")
    runs = {kind: _upload(services, airflow, kind) for kind in SAMPLES[1:]}
    content = {"folder": str(_data("knowledge")), "tenant": TENANT}
    index = airflow.trigger("knowledge_index", content)
    for kind, run in runs.items():
        _ended_well(airflow, *run, f"imported {kind}.csv")
    _ended_well(airflow, "knowledge_index", index, "indexed the approved content")
    return [
        Imported(kind, airflow.returned(*run, "load"), airflow.returned(*run, "profile"))
        for kind, run in {SAMPLES[0]: first, **runs}.items()
    ]


def _upload(services: Services, airflow: AirflowClient, kind: str) -> tuple[str, str]:
    """One upload, one run: the DAG and the run's id."""
    from pipelines.customers.run import keep_upload

    sample = _data("samples", f"{kind}.csv")
    with sample.open("rb") as content:
        upload_id = keep_upload(
            services.uploads, content, file_name=sample.name, tenant=TENANT, kind=kind,
            max_bytes=services.desk.max_bytes,
        )  # fmt: skip
    return "customers_ingest", airflow.trigger("customers_ingest", {"upload_id": upload_id})


def _launch(services: Services, airflow: AirflowClient) -> dict[str, Any]:
    """The sample campaign, sent once two people approved it; what each of its tasks returned."""
    conf = {"brief": str(_data("briefs", "winter_warmth.yaml")), "tenant": TENANT}
    run_id = airflow.trigger("campaign_launch", conf)
    if _waits_at_the_gate(airflow, run_id):
        _say_yes(services, airflow.returned("campaign_launch", run_id, "ask")["campaign_id"])
    _ended_well(
        airflow, "campaign_launch", run_id, "drafted, screened and sent the winter campaign, which two people approved"
    )
    told = {task: airflow.returned("campaign_launch", run_id, task) for task in ("draft", "screen", "assign")}
    return {"campaign_id": told["draft"]["campaign_id"], **told}


def _respond(services: Services, airflow: AirflowClient, campaign_id: str) -> dict[str, Any]:
    """Invented people, mail programs and scanners act on what lies in the outbox; their events are labelled."""
    from pipelines.engagement.simulation.run import simulate
    from pipelines.engagement.simulation.world import World

    # Its truth: who reads the friendly text clicks and buys half as often again; so few people have to click a lot.
    world = World(lift={"friendly": 0.5}, opens=0.9, clicks_of_openers=0.3, buys=0.08)
    told = simulate(services.listener, TENANT, campaign_id, seed=SEED, world=world)
    _ended_well(airflow, "engagement_ingest", airflow.trigger("engagement_ingest", {}), "labelled what came back")
    return told


def _learn_and_report(airflow: AirflowClient) -> None:
    # One after the other: reports tell of the models.
    for dag, done in (("model_retrain", "retrained the models"), ("reporting_refresh", "built marts and reports")):
        _ended_well(airflow, dag, airflow.trigger(dag, {}), done)


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


def _ended_well(airflow: AirflowClient, dag: str, run_id: str, did: str) -> None:
    state = airflow.wait(dag, run_id, timeout=RUN_SECONDS)
    if state != "success":
        raise Refusal(f"The run {run_id} of {dag} ended {state}: {airflow.failures(dag, run_id)}")
    out.print(f"[bold]3[/] DAG {dag} {did} (run {run_id}).", highlight=False)
