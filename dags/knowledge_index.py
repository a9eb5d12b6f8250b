"""
### Knowledge index

Approved content becomes passages that copy may cite: **choose → index**. Only what changed is embedded again, and what
was removed, has expired or lost its approval is found no more.

**Start it** by nothing: it runs every night, when a document that was brought in the console is approved or withdrawn,
and whenever somebody tells the asset `liftline://knowledge` that content changed (with `tenant` and, if it moved,
`folder` in the event's extra). By hand, name a `tenant` and a `folder`. Without a folder it is the one that the tenant
was last indexed from; without a tenant, everybody's content is indexed.

**It leaves** documents in all their versions and their passages in PostgreSQL and in the chosen search service, by one
task a tenant. Readers see the old edition until the new one is whole.

**When it fails** the log's last line says what to mend: a document, the embedding, the search service. The old edition
is still searched meanwhile. Clear the failed task; indexing the same content twice changes nothing.
"""

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, Param, dag, get_current_context, task
from house import TASKS

KNOWLEDGE = Asset("liftline-knowledge", uri="liftline://knowledge")
PASSAGES = Asset("liftline-passages", uri="liftline://passages")


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 3 * * *", timezone="UTC"), assets=KNOWLEDGE),
    catchup=False,
    max_active_runs=1,
    tags=["liftline", "knowledge"],
    doc_md=__doc__,
    default_args=TASKS,
    params={
        "tenant": Param(
            None,
            type=["null", "string"],
            title="Tenant",
            maxLength=63,
            description="Whose content; empty: everybody's.",
        ),
        "folder": Param(
            None,
            type=["null", "string"],
            title="Folder",
            maxLength=4096,
            description="Folder on the worker; empty: as last.",
        ),
    },
)
def knowledge_index():
    @task
    def choose(params: dict) -> list[dict]:
        """Find out whose content to index, and where it lies."""
        from pipelines.knowledge.run import what_to_index
        from pipelines.services import open_services

        events = get_current_context()["triggering_asset_events"]
        told = [event.extra for asset in events for event in events[asset]]
        return what_to_index(open_services().library, params, told)

    @task(pool="language_model", outlets=[PASSAGES], map_index_template="{{ task.op_kwargs['order']['tenant'] }}")
    def index(order: dict) -> dict:
        """Make the tenant's knowledge what the folder holds and what people brought, in one moment."""
        from pathlib import Path

        from pipelines.knowledge.run import index_folder
        from pipelines.services import open_services

        folder = Path(order["folder"]) if order["folder"] else None
        return index_folder(open_services().library, order["tenant"], folder).to_json()

    index.expand(order=choose())


knowledge_index()
