"""
### Customers in

A file of customers, orders, events, consents or suppressions becomes trusted rows: **receive → validate → load →
profile**. Every line ends loaded, merged or quarantined; a file that is mostly unusable is held back whole.

**Start it** with the id of an upload (`upload_id`), or with a `file` that this machine can read, a `tenant` and a
`kind`. **It leaves** rows in PostgreSQL, `reports/quarantine/<tenant>/…csv` with every refused line and how to mend it,
`reports/quality/<tenant>/…/index.html`, and the customers' segments as of the moment of the run.

**When it fails** the log's last line says what to mend. A refused file needs a better file: correct it and start a new
run. Anything else (database away, worker killed) is safe to clear and run again: a load is one transaction, and loading
the same file twice changes nothing.
"""

from airflow.sdk import Asset, Param, dag, get_current_context, task
from house import TASKS, triggered_by

CUSTOMERS = Asset("liftline-customers", uri="liftline://customers")


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=4,
    tags=["liftline", "customers"],
    doc_md=__doc__,
    default_args=TASKS,
    params={
        "upload_id": Param(
            None, type=["null", "string"], title="Upload", maxLength=100, description="Id of an uploaded file."
        ),
        "file": Param(
            None, type=["null", "string"], title="File", maxLength=4096, description="Or: path of a file on the worker."
        ),
        "tenant": Param(None, type=["null", "string"], title="Tenant", maxLength=63, description="Whose file it is."),
        "kind": Param(
            "customers",
            enum=["customers", "orders", "events", "consents", "suppressions"],
            title="Kind",
            description="What the lines of the file are.",
        ),
        "mapping": Param(
            None, type=["null", "string"], title="Mapping", maxLength=4096, description="Path of a column mapping."
        ),
    },
)
def customers_ingest():
    @task
    def receive(params: dict) -> dict:
        """Find the file that this run is about."""
        from pipelines.customers.run import received
        from pipelines.services import open_services

        return received(open_services().uploads, params, by=triggered_by()).to_json()

    @task
    def validate(order: dict) -> dict:
        """Judge every line; what is sound waits in the state folder, the rest in the quarantine."""
        from pipelines.customers.run import Order, check_file
        from pipelines.services import open_services

        return check_file(open_services().desk, Order.from_json(order), get_current_context()["run_id"])

    @task(outlets=[CUSTOMERS])
    def load(order: dict, checked: dict) -> dict:
        """Merge the sound lines in one transaction and publish the reports."""
        from pipelines.customers.run import Order, load_checked
        from pipelines.services import open_services

        return load_checked(open_services().desk, Order.from_json(order), checked["run"]).to_json()

    @task
    def profile(order: dict, loaded: dict) -> dict:
        """Bring profiles and RFM segments up to the moment."""
        from pipelines.segmentation.run import run
        from pipelines.services import open_services

        services = open_services()
        tenant, policies = order["tenant"], services.settings.liftline_policies
        return run(services.database, tenant=tenant, scheme="rfm", policies=policies, clock=services.clock).to_json()

    order = receive()
    loaded = load(order, validate(order))
    profile(order, loaded)


customers_ingest()
