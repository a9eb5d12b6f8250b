"""
### Audit watch

Every 15 minutes **anchor** keeps the newest hash of each tenant's audit ledger outside the database, and **expire →
tell** closes what nobody decided in time, as rejected, and tells people of what still waits for them. **forget**
deletes files of people, and what jobs of the console said, that are older than `LIFTLINE_FILES_KEPT_DAYS`.

**Start it** by nothing, or by hand whenever you like: a second run finds nothing to do.

**It leaves** anchors in `LIFTLINE_ANCHORS` and in the store at `LIFTLINE_ANCHORS_URL`, expired escalations with their
entries in the ledger, and notices where `NOTIFICATION_PROVIDER` says. No notice holds what a message says, only a link.

**When it fails** take `anchor` seriously: a ledger that no longer holds what was anchored was cut off or rewritten, and
the log names the tenant. A failed `tell` names what does not answer; the notices stay and go out with a later run.
"""

from airflow.sdk import CronTriggerTimetable, dag, task
from house import TASKS


@dag(
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["liftline", "audit"],
    doc_md=__doc__,
    default_args=TASKS,
)
def audit_watch():
    @task
    def anchor() -> dict:
        """Anchor every ledger that grew; fails at the end if one lost what was anchored before."""
        from pipelines.audit.run import anchor_all
        from pipelines.services import open_services

        services = open_services()
        return anchor_all(services.archive, services.tenant_ids())

    @task
    def expire() -> dict:
        """Close what nobody decided in time: silence never approves."""
        from pipelines.safety.run import expire
        from pipelines.services import open_services

        services = open_services()
        return expire(services.checkpoint, services.tenant_ids())

    @task
    def tell() -> dict:
        """Send the notices that nobody got yet."""
        from pipelines.safety.run import tell
        from pipelines.services import open_services

        services = open_services()
        return tell(services.checkpoint, services.tenant_ids())

    @task
    def forget() -> dict:
        """Delete files of people, and jobs, that were kept long enough."""
        from pipelines.services import open_services

        return open_services().forget()

    anchor()
    forget()
    expire() >> tell()


audit_watch()
