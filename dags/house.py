"""What all our tasks owe the person who is woken at night.

An owner, patience with an end, no retry of what no retry mends, and word of what failed for good.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, get_current_context
from airflow.sdk.definitions.retry_policy import RetryDecision


def tell_of_failure(context: Any) -> None:
    """Tell people which task failed and where its log is; what it says may be about customers and stays there."""
    from pipelines.services import open_services

    failed = context["ti"]
    open_services().alarm(
        "_runs",
        f"Task {failed.task_id} of {failed.dag_id} failed for good in {failed.run_id}: read its log, then clear it.",
        link=failed.log_url,
    )


class Patience(ExceptionRetryPolicy):
    """Says in the log's last line, which is this decision's, what the exception said."""

    def evaluate(self, exception: BaseException, *args: Any, **more: Any) -> RetryDecision:
        """As the rules say, in the words of who refused."""
        decision = super().evaluate(exception, *args, **more)
        return replace(decision, reason=str(exception)) if decision.reason else decision


TASKS = {
    "owner": "data-engineering",
    # A file of 2 GB and a million messages need minutes; what hangs for hours holds a slot that others wait for.
    "execution_timeout": timedelta(hours=6),
    "on_failure_callback": tell_of_failure,
    # A scheduler or a machine that goes down takes a try from all that ran on it, and nothing of that is their fault.
    "retries": 4,
    "retry_delay": timedelta(seconds=20),
    # Where slots are few, what has begun ends before more begins: by Airflow's own rule the last task of a run, such as
    # the sending, would wait behind the first ones of whatever the clock or a backfill starts.
    "weight_rule": "upstream",
    "retry_policy": Patience(
        rules=[
            # Two campaigns of one tenant launched at once: the second one's turn comes when the first is drafted.
            RetryRule("pipelines.contracts.Busy", RetryAction.RETRY, retry_delay=timedelta(minutes=5)),
            # No retry mends what was refused.
            RetryRule("pipelines.contracts.Refusal", RetryAction.FAIL),
        ]
    ),
}


def triggered_by() -> str:
    """Who started this run: the maker of what it makes."""
    return get_current_context()["dag_run"].triggering_user_name or "airflow"
