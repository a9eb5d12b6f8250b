"""
### Engagement in

What providers, shops and links told becomes what people did: **ingest → label → feed → read_out → allocate →
conclude**. Posts of webhooks are stored at once when they come; files of events that were put into the inbox
(`inbox/TENANT/*.jsonl` or `*.json` under LIFTLINE_HOME) are taken here, once nobody has written to them for a minute.

**Start it** by nothing: it runs every 5 minutes. Or by hand, with a `file` of events and a `tenant`.

**It leaves** raw events, each once and for ever; labels (human, proxy, suspected or bot) with their reasons under the
version of the rules in `data/policies/bots.yaml`; and, of people only, customers' histories, suppressions, states of
messages, outreach statuses, the outcomes of variants, and what each running experiment says now. An experiment that
learns opens its next wave once the one before had its time; one that is decided ends, and its arms are promoted, kept
or retired.

**When it fails** the log's last line says what to mend: a file is refused by name and stays where it is. What was
stored is labelled and passed on all the same, for nobody's opt-out waits for a file; only the end of experiments does.
Clear it and run it again: each step is one transaction a tenant, and what was done once is not done again.
"""

from airflow.sdk import CronTriggerTimetable, Param, dag, task
from house import TASKS, triggered_by


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["liftline", "engagement"],
    doc_md=__doc__,
    default_args=TASKS,
    params={
        "file": Param(None, type=["null", "string"], title="File", maxLength=4096, description="Path on the worker."),
        "tenant": Param(None, type=["null", "string"], title="Tenant", maxLength=63, description="Whose file it is."),
    },
)
def engagement_ingest():
    @task
    def ingest(params: dict) -> dict:
        """Store the file of this run, and every file that waits in an inbox."""
        from pipelines.engagement.run import take
        from pipelines.services import open_services

        services = open_services()
        return take(services.listener, services.tenant_ids(), params["tenant"], params["file"])

    # Who opted out is heard whatever is wrong with a file.
    @task(trigger_rule="all_done")
    def label() -> dict:
        """Judge who did what is new, and what else that changes."""
        from pipelines.engagement.run import label_all
        from pipelines.services import open_services

        services = open_services()
        return label_all(services.listener, services.tenant_ids())

    @task(trigger_rule="all_done")
    def feed() -> dict:
        """Pass on what people did."""
        from pipelines.engagement.run import feed_all
        from pipelines.services import open_services

        services = open_services()
        return feed_all(services.listener, services.tenant_ids())

    @task
    def read_out() -> dict:
        """Say what each running experiment says now."""
        from pipelines.experiments.run import read_out_running
        from pipelines.services import open_services

        services = open_services()
        return read_out_running(services.laboratory, services.tenant_ids(), by=triggered_by())

    @task
    def allocate() -> dict:
        """Share out the next wave of each experiment that learns, once the wave before had its time."""
        from pipelines.experiments.run import allocate_running
        from pipelines.services import open_services

        services = open_services()
        return allocate_running(services.laboratory, services.tenant_ids(), by=triggered_by())

    @task
    def conclude() -> dict:
        """End each experiment that has a winner or whose time is over: promote, keep or retire its arms."""
        from pipelines.experiments.run import conclude_decided
        from pipelines.services import open_services

        services = open_services()
        return conclude_decided(services.laboratory, services.tenant_ids(), by=triggered_by())

    ingested, labelled, concluded = ingest(), label(), conclude()
    ingested >> labelled >> feed() >> read_out() >> allocate() >> concluded
    # What cannot be taken back waits until everything is heard, and the run fails with what failed in it.
    [ingested, labelled] >> concluded


engagement_ingest()
