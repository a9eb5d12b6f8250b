"""
### Campaign launch

A brief becomes copy in which every claim can be traced, and people say yes to it: **enter → segment → retrieve →
draft → ask → approve → settle**. The campaign gets its audience, each audience unit the approved passages that answer
the brief, and each strategy one variant, verified by the sentence.

**It waits at `approve`** until two people who did not make it have said yes to exactly what it holds: here under
Required Actions, in the console, or with `liftline review approve`. A no, silence or a change closes the gate: `settle`
then skips whatever would follow, and nothing of the campaign can be sent, for the database is asked again then.

**Start it** with the path of a `brief` and a `tenant`. The same brief is the same campaign for ever: a second run finds
everything done. To launch the same brief once more, name the new `launch`.

**It leaves** the campaign, its units, every call with its cost, and its variants with the verdict on each sentence in
PostgreSQL; look at them with `liftline generation show`. What cannot be supported is blocked with the reason.

**When it fails** the log's last line says what to mend: the brief, the approved content, a budget, a vendor's key. Then
clear the task that failed; what was drafted and paid for stays.
"""

from airflow.sdk import Asset, Param, dag, task
from approval import approval
from house import TASKS, triggered_by

VARIANTS = Asset("liftline-variants", uri="liftline://variants")


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=4,
    tags=["liftline", "campaign"],
    doc_md=__doc__,
    default_args=TASKS,
    params={
        "brief": Param(type="string", title="Brief", description="Path of the brief on the worker."),
        "tenant": Param(type="string", title="Tenant", description="Whose campaign it is."),
        "launch": Param("", type="string", title="Launch", description="Name it to launch the same brief again."),
    },
)
def campaign_launch():
    @task
    def enter(params: dict) -> dict:
        """Read the brief and enter the campaign."""
        from pathlib import Path

        from pipelines.generation.run import open_campaign, read_brief
        from pipelines.services import open_services

        services = open_services()
        brief = read_brief(Path(params["brief"]), today=services.clock().date())
        tenant, launch = params["tenant"], params["launch"]
        return open_campaign(services.studio, tenant, brief, by=triggered_by(), launch=launch).to_json()

    @task
    def segment(campaign: dict) -> str:
        """Take the snapshot of segments that this campaign speaks to, as of the moment it was entered."""
        from pipelines.segmentation.run import moment_of, run
        from pipelines.services import open_services

        services = open_services()
        return run(
            services.database,
            tenant=campaign["tenant"],
            scheme=campaign["scheme"],
            campaign_id=campaign["campaign_id"],
            as_of=moment_of(campaign["as_of"]),
            policies=services.settings.liftline_policies,
            clock=services.clock,
        ).snapshot_id

    @task
    def retrieve(campaign: dict, snapshot_id: str) -> dict:
        """Find the passages that the copy of each audience unit may rest on."""
        from pipelines.generation.run import retrieve
        from pipelines.services import open_services

        return retrieve(open_services().studio, campaign["tenant"], campaign["campaign_id"], snapshot_id)

    @task(outlets=[VARIANTS])
    def draft(campaign: dict, retrieved: dict) -> dict:
        """Write, verify, repair once, and keep every variant with its papers."""
        from pipelines.generation.run import draft
        from pipelines.services import open_services

        made = draft(open_services().studio, campaign["tenant"], retrieved["campaign_id"], by=triggered_by())
        return {name: value for name, value in made.to_json().items() if name != "variants"}

    campaign = enter()
    drafted = draft(campaign, retrieve(campaign, segment(campaign)))
    approval(campaign, after=drafted)


campaign_launch()
