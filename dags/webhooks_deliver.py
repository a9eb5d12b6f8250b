"""
### Webhooks deliver

Every 5 minutes **deliver** tells the systems that subscribed what happened since: each event is signed, and what is not
taken is tried again after 1, 5, 30 minutes, 2, 6, 12 and 24 hours.

**Start it** by nothing, or by hand to have it told at once: a second run finds nothing to do.

**It leaves** each delivery with its state and the last answer in `webhook_deliveries`, shown by the API.

**When it fails** the database is away; hosts that do not answer fail no run and are asked once in it. What was due
stays due. A run that dies between sending and noting it sends the same event again, with the same id.
"""

from airflow.sdk import CronTriggerTimetable, dag, task
from house import TASKS


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["liftline", "webhooks"],
    doc_md=__doc__,
    default_args=TASKS,
)
def webhooks_deliver():
    @task
    def deliver() -> dict:
        """Carry out what is due, for every tenant."""
        from pipelines.services import open_services
        from pipelines.webhooks.run import deliver_all

        services = open_services()
        return deliver_all(services.post_office, services.tenant_ids())

    deliver()


webhooks_deliver()
