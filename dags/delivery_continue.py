"""
### Delivery continue

Every 5 minutes **send_due** goes on with every campaign that is under way and has something due: messages that waited
for their hour, for the day after quiet hours, for room under the hourly limit, or for a provider that asked for a wait.

**Start it** by nothing, or by hand to have it go on at once: a second run finds nothing to do.

**It leaves** each message in `sends` with what became of it, and an entry for each batch in the audit ledger.

**When it fails** the log's last line says what to mend. What was claimed and not settled is put in doubt by a later run
and is never sent again by itself: settle it with `liftline delivery resolve`.
"""

from airflow.sdk import CronTriggerTimetable, dag, task
from house import TASKS


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["liftline", "delivery"],
    doc_md=__doc__,
    default_args=TASKS,
)
def delivery_continue():
    @task
    def send_due() -> dict:
        """Go on with what is due, for every tenant."""
        from pipelines.delivery.run import send_everything_due
        from pipelines.services import open_services

        services = open_services()
        return send_everything_due(services.post_room, services.tenant_ids())

    send_due()


delivery_continue()
