"""Models of a tenant: learnt from the past alone, decided on with reasons, the same when nothing changed."""

from datetime import timedelta

from pipelines.learning import run
from tests.learning.conftest import AS_OF


def test_churn_is_learnt_promoted_and_the_same_the_second_time(shop, workshop):
    tenant = shop()
    first = run.retrain(workshop, tenant, "churn", by="ada", as_of=AS_OF)
    print(first)
    assert (first.decision, first.code, first.version, first.champion) == ("promote", "first", 1, 1)
    again = run.retrain(workshop, tenant, "churn", by="ada", as_of=AS_OF)
    assert (again.version, again.changed) == (1, False)


def test_response(shop, mailing, workshop):
    tenant = shop()
    for number in range(4):
        mailing(f"camp{number}", AS_OF - timedelta(days=100 - 20 * number))
    for model in ("response", "send_hour"):
        print(run.retrain(workshop, tenant, model, by="ada", as_of=AS_OF))
    print(run.score_all(workshop, [tenant]))
    print(run.monitor_all(workshop, [tenant]))
    print(run.retrain_all(workshop, [tenant], "response"))
