"""
### Delivery continue

Every 5 minutes every campaign that is under way goes on: **queue_next** enters whoever's next step has come, then
the **senders**, which workers share, send what is due: messages that waited for their hour, for the day after quiet
hours, for room under the hourly limit, or for a provider that asked for a wait. Meanwhile **complete** ends every
campaign that is over: everybody was sent to or skipped, nothing is in doubt, and its experiment has ended.

**Start it** by nothing, or by hand to have it go on at once: a second run finds nothing to do.

**It leaves** each message in `sends` with what became of it, and an entry for each batch in the audit ledger.

**When it fails** the log's last line says what to mend. What was claimed and not settled is put in doubt by a later run
and is never sent again by itself: settle it with `liftline delivery resolve`.
"""

from airflow.sdk import CronTriggerTimetable, dag, task
from house import TASKS
from sending import SENDERS


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["liftline", "delivery"],
    doc_md=__doc__,
    default_args=TASKS,
    params={"senders": SENDERS},
)
def delivery_continue():
    @task
    def queue_next(params: dict | None = None) -> list[int]:
        """Enter whoever's next step has come, for every tenant, and tell the senders to begin."""
        from pipelines.delivery.run import queue_next_steps
        from pipelines.services import open_services

        services = open_services()
        queue_next_steps(services.post_room, services.tenant_ids())
        return list(range(1, (params or {})["senders"] + 1))

    @task(pool="sending")
    def send_due(sender: int) -> dict:
        """Go on with what is due, for every tenant."""
        from pipelines.delivery.run import send_due
        from pipelines.services import open_services

        services = open_services()
        return send_due(services.post_room, services.tenant_ids())

    @task
    def complete() -> dict:
        """End the campaigns of which nothing is left to send, to settle or to learn, for every tenant."""
        from pipelines.delivery.run import complete_what_is_over
        from pipelines.services import open_services

        services = open_services()
        return complete_what_is_over(services.post_room, services.tenant_ids())

    send_due.expand(sender=queue_next())
    complete()


delivery_continue()
