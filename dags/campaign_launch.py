"""
### Campaign launch

A brief becomes copy that is traced, screened, approved and sent: **enter → segment → retrieve → draft → screen →
guard → design → ask → approve → settle → assign → queue → send**. The campaign gets its audience, each audience unit
the approved passages that answer the brief, each strategy one variant, each customer a decision, its experiment a
design, and people who did not make it say yes to exactly that. Then each customer gets an arm, everybody whose arm has
a message is queued, and the **senders**, which workers share, send each message once.

**It waits at `approve`**, here under Required Actions, in the console, or for `liftline review approve`. A no, silence
or a change closes the gate: `settle` then skips the rest, and the database is asked again for each message.

**Start it** with the path of a `brief` and a `tenant`. The same brief is the same campaign for ever: a second run finds
everything done. To launch the same brief once more, name the new `launch`.

**It leaves** campaign, units, calls with their cost, variants, screenings, decisions and approvals in PostgreSQL
(`liftline campaign status`), and the audit export in `reports/audit/<tenant>/<campaign>/`. What cannot be supported or
judged is blocked with the reason; what is doubtful waits for a person.

**When it fails** the log's last line says what to mend: the brief, the approved content, a budget, a vendor's key. Then
clear the task that failed; what was drafted and paid for stays, and only what was not judged is screened again.
"""

from airflow.sdk import Asset, Param, dag, task
from approval import approval
from experiment import assign, design
from house import TASKS, triggered_by
from safeguards import guard, screen
from sending import SENDERS, sending

VARIANTS = Asset("liftline-variants", uri="liftline://variants")


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=4,
    tags=["liftline", "campaign"],
    doc_md=__doc__,
    default_args=TASKS,
    params={
        "brief": Param(type="string", title="Brief", maxLength=4096, description="Path of the brief on the worker."),
        "tenant": Param(type="string", title="Tenant", maxLength=63, description="Whose campaign it is."),
        "senders": SENDERS,
        "launch": Param("", type="string", title="Launch", maxLength=100, description="Name it to launch it again."),
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
        brief = read_brief(Path(params["brief"]), today=services.today())
        tenant, launch = params["tenant"], params["launch"]
        return open_campaign(services.studio, tenant, brief, by=triggered_by(), launch=launch).to_json()

    @task
    def segment(campaign: dict) -> str:
        """Take the snapshot of segments that this campaign speaks to, as of the moment it was entered."""
        from pipelines.segmentation.run import moment_of, run
        from pipelines.services import open_services

        services = open_services()
        return run(
            services.database, tenant=campaign["tenant"], scheme=campaign["scheme"], clock=services.clock,
            campaign_id=campaign["campaign_id"], as_of=moment_of(campaign["as_of"]),
            policies=services.settings.liftline_policies,
        ).snapshot_id  # fmt: skip

    @task(pool="language_model")
    def retrieve(campaign: dict, snapshot_id: str) -> dict:
        """Find the passages that the copy of each audience unit may rest on."""
        from pipelines.generation.run import retrieve
        from pipelines.services import open_services

        return retrieve(open_services().studio, campaign["tenant"], campaign["campaign_id"], snapshot_id)

    @task(pool="language_model", outlets=[VARIANTS])
    def draft(campaign: dict, retrieved: dict) -> dict:
        """Write, verify, repair once, and keep every variant with its papers."""
        from pipelines.generation.run import draft
        from pipelines.services import open_services

        made = draft(open_services().studio, campaign["tenant"], retrieved["campaign_id"], by=triggered_by())
        return {name: value for name, value in made.to_json().items() if name != "variants"}

    campaign = enter()
    drafted = draft(campaign, retrieve(campaign, segment(campaign)))
    opened = approval(campaign, after=design(campaign, guard(campaign, screen(campaign, drafted))))
    queued, _ = sending(campaign)
    opened >> assign(campaign) >> queued


campaign_launch()
