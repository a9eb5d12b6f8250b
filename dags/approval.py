"""How every launch gets its approval: asked for, answered by people at the gate, settled by the database."""

from typing import Any

from airflow.sdk import Param, XComArg, task
from gate import ApprovalGate
from house import triggered_by

TRIES_AGAIN = 5
ASKED = "ti.xcom_pull(task_ids='ask')"
CAMPAIGN = f"{{{{ {ASKED}['campaign_id'] }}}}"


def approval(campaign: XComArg, *, after: XComArg) -> XComArg:
    """Three tasks, ask → approve → settle; whatever is put behind them runs only if the campaign is approved."""
    asked = ask(campaign)
    after >> asked
    gate = ApprovalGate(
        task_id="approve",
        asked=asked,
        subject=f"May campaign {CAMPAIGN} be sent?",
        body=f"It needs {{{{ {ASKED}['needs'] | join(', then ') }}}}. Look at it first, in the console or with "
        f"`liftline review show --campaign {CAMPAIGN}`: you answer for what it holds now.",
        params={"comment": Param("", type=["null", "string"], title="Comment", description="Why, if you reject.")},
        retries=TRIES_AGAIN,
        # People have the days that the policy gives them; the database says when these are over.
        execution_timeout=None,
    )
    opened = settle(asked)
    gate >> opened
    return opened


@task
def ask(campaign: dict[str, Any]) -> dict[str, Any]:
    """Ask whether exactly what the campaign holds now may be sent; asked already, it is the same request."""
    from pipelines.review.run import ask_for_approval
    from pipelines.services import open_services

    asked = ask_for_approval(open_services().board, campaign["tenant"], campaign["campaign_id"], by=triggered_by())
    return {**asked.to_json(), "tenant": campaign["tenant"]}


@task.short_circuit(trigger_rule="all_done_min_one_success", ignore_downstream_trigger_rules=True)
def settle(asked: dict[str, Any] | None) -> bool:
    """Open the way by what the database says, whatever became of the question in Airflow, and export who said what."""
    from pipelines.audit.run import export_campaign
    from pipelines.review.run import settled
    from pipelines.services import open_services

    services = open_services()
    opened = settled(services.board, asked)
    if asked:
        campaign = (asked["tenant"], asked["campaign_id"])
        export_campaign(services.archive, *campaign, services.audit_exports, by=triggered_by())
    return opened
