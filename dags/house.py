"""What all our tasks owe the person who is woken at night: an owner, patience, and no retry of what no retry mends."""

from datetime import timedelta

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, get_current_context

TASKS = {
    "owner": "data-engineering",
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_policy": ExceptionRetryPolicy(
        rules=[RetryRule("pipelines.contracts.Refusal", RetryAction.FAIL, reason="No retry mends what was refused.")]
    ),
}


def triggered_by() -> str:
    """Who started this run: the maker of what it makes."""
    return get_current_context()["dag_run"].triggering_user_name or "airflow"
