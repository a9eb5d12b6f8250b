"""
### Reporting refresh

Every hour **build** turns the facts of all tenants into the marts and tests them, **describe** writes the pages that
say what every column means, **report** writes the reports of this month and the one before and of campaigns that were
read out since, **deliver** gives them to those who subscribed, and **watch** says which source has had nothing new for
too long.

**Start it** by nothing, or by hand after a large import; with `full` what else only grows is built anew. One run brings
everything up to now: a backfill over many hours builds the same again for each of them.

**It leaves** the marts in the schema `liftline_marts`, their description in `reports/dbt`, their lineage in
`reports/lineage` (a file a day), reports in `reports/<kind>/<tenant>/<month>`, and mails or files where subscribers
wanted them. Where no fact changed, no report is written and nobody gets one twice.

**When it fails** read the last line of `build`: it names each model or test and how many rows are wrong. The same
sentence went out as a notice. A mart that failed stands as it was before; clearing the task is always safe. A failed
`report` names each tenant or campaign that has none and why, and a failed `deliver` who did not take what; it waits for
the next run.
"""

from airflow.sdk import CronTriggerTimetable, Param, dag, task
from house import TASKS, triggered_by


@dag(
    schedule=CronTriggerTimetable("20 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["liftline", "reporting"],
    doc_md=__doc__,
    # A backfill heeds no `max_active_runs`, and two builds at once would rename each other's tables.
    default_args={**TASKS, "pool": "marts"},
    params={"full": Param(False, type="boolean", title="Build everything anew")},
)
def reporting_refresh():
    @task
    def build(params: dict | None = None) -> dict:
        """One dbt build of all models and tests."""
        from pipelines.reporting.run import refresh
        from pipelines.services import open_services

        return refresh(open_services().newsroom, full=bool((params or {}).get("full")))

    @task
    def describe() -> str:
        """The pages that describe the marts."""
        from pipelines.reporting.run import write_docs
        from pipelines.services import open_services

        return str(write_docs(open_services().newsroom))

    @task
    def report() -> dict:
        """The reports of every tenant."""
        from pipelines.reporting.run import build_all
        from pipelines.services import open_services

        services = open_services()
        return build_all(services.newsroom, services.tenant_ids(), by=triggered_by())

    @task
    def watch() -> list:
        """What has had nothing new for too long: told, and no failure."""
        from pipelines.reporting.run import stale
        from pipelines.services import open_services

        return stale(open_services().newsroom)

    @task
    def deliver() -> dict:
        """What subscribers are due."""
        from pipelines.reporting.run import deliver
        from pipelines.services import open_services

        services = open_services()
        return deliver(services.newsroom, services.tenant_ids(), by=triggered_by())

    # A report that one tenant's data refuse keeps nobody else's from its subscribers.
    build() >> describe() >> [report(), deliver(), watch()]


reporting_refresh()
