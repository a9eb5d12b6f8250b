"""
### Model retrain

Every night at 02:30 UTC: **monitor → retrain → score → learn**. Live models are measured on outcomes that ripened since
they were trained, and one that fell too far is rolled back and told of. Then each model is learnt anew from its window
of data, compared with the live one on the same newest holdout, and promoted, kept or refused with a reason. Everybody
is scored, drafting asks the live response model how sure it may be of a new variant, and what worked is offered to
people as insights.

**Start it** by nothing, or by hand: runs of one day look at the same data, and a second one changes nothing. So does a
backfill: it learns from what is known now, not from what was known on its day.

**It leaves** versions, decisions, measurements, scores and insights in PostgreSQL (`liftline learning list`, the
console's Models and Insights), and the models' files in `LIFTLINE_HOME/models`. "refused: too little data" is a result
and no failure: a young tenant's run is green and says so.

**When it fails** the log names each tenant and model that failed and what to mend: a model file that is gone or was
changed is not opened; bring it back, or take the version out with `liftline learning rollback`. Everybody else's models
were learnt, scored and drawn on all the same; only `whole` fails with what failed. Then clear the task that failed.
"""

from airflow.sdk import CronTriggerTimetable, chain, dag, task
from house import TASKS

MODELS = ["response", "conversion", "churn", "send_hour", "lead_quality"]


@dag(
    schedule=CronTriggerTimetable("30 2 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["liftline", "learning"],
    doc_md=__doc__,
    default_args=TASKS,
)
def model_retrain():
    @task
    def monitor() -> list:
        """Measure every live model on what is known by now; one that fell too far is rolled back."""
        from pipelines.learning.run import monitor_all
        from pipelines.services import open_services

        services = open_services()
        return monitor_all(services.workshop, services.tenant_ids())

    # One tenant's lost file stops nobody's learning.
    @task(pool="warehouse", map_index_template="{{ model }}", trigger_rule="all_done")
    def retrain(model: str) -> list:
        """Learn one model anew for every tenant, and decide on it."""
        from pipelines.learning.run import retrain_all
        from pipelines.services import open_services

        services = open_services()
        return retrain_all(services.workshop, services.tenant_ids(), model)

    @task(pool="warehouse", trigger_rule="all_done")
    def score() -> list:
        """Score everybody by the live models."""
        from pipelines.learning.run import score_all
        from pipelines.services import open_services

        services = open_services()
        return score_all(services.workshop, services.tenant_ids())

    @task(trigger_rule="all_done")
    def learn() -> list:
        """Offer people what worked."""
        from pipelines.learning.run import learn_all
        from pipelines.services import open_services

        services = open_services()
        return learn_all(services.workshop, services.tenant_ids())

    @task
    def whole() -> None:
        """The run fails with whatever failed in it."""

    steps = [monitor(), retrain.expand(model=MODELS), score(), learn()]
    chain(*steps)
    steps >> whole()


model_retrain()
