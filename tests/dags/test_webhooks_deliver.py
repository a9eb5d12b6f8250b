"""The DAG that tells subscribers: what is due goes out, and a second run finds nothing to do."""

import pytest

from tests.dags.conftest import PROJECT
from tests.doubles.webhook_server import webhook_server


@pytest.fixture
def webhooks_deliver(bag, liftline_environment, monkeypatch):
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("LIFTLINE_WEBHOOKS_TO_PRIVATE_HOSTS", "true")
    return DagBag(PROJECT / "dags" / "webhooks_deliver.py").dags["webhooks_deliver"]


def test_it_tells_what_is_due_once(webhooks_deliver, tenant, database, alone):
    from pipelines.services import open_services
    from pipelines.webhooks.run import subscribe

    with webhook_server() as receiver:
        subscribe(open_services().post_office, tenant, receiver.url, ["campaign.created"], by="ada")
        with database.transaction(tenant) as connection:
            connection.execute(
                "INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, "
                "created_at) VALUES (current_setting('liftline.tenant'), 'w-1', 'W', 'b', '{}', 'email', 'mo', now())"
            )
        for _ in range(2):
            (instance,) = webhooks_deliver.test().get_task_instances()
            assert instance.state == "success"
        assert len(receiver.taken) == 1
