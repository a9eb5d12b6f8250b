"""The approval gate: Airflow asks, people answer here, in the console or on the command line, the database decides.

Airflow's answer is one of several ways to speak to the database, and its tasks go on by what stands there alone. So
the gate wakes now and then to look: a yes given elsewhere opens it without a click in Airflow. Two people must say yes,
so the one question is put again until the standing is final. A worker lingers some seconds after parking a task, and
Airflow fails a task that is answered in that time; its next try then parks without asking anew, which brings that
answer back, and what the database holds already is not lost by any of this.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import get_current_context
from airflow.sdk.exceptions import TaskAwaitingInput
from airflow.sdk.execution_time.hitl import upsert_hitl_detail

APPROVE, REJECT = "Approve", "Reject"


class ApprovalGate(HITLOperator):
    """Waits until the approval of a campaign is settled in the database; the result is what stands there."""

    template_fields = (*HITLOperator.template_fields, "asked")

    def __init__(self, *, asked: Any, **kwargs: Any) -> None:
        self.asked = asked
        super().__init__(options=[APPROVE, REJECT], **kwargs)

    def execute(self, context: Any) -> Any:
        """Ask, unless it is settled; a later try finds the question, and maybe its answer, where the first left it."""
        return self._look(ask=context["ti"].try_number == 1)

    def execute_complete(self, context: Any, event: dict[str, Any], asked_hash: str | None = None) -> Any:
        """Take the answer, or what was answered elsewhere meanwhile, and ask again where that settles nothing."""
        if event.get("chosen_options"):
            self._take(event, asked_hash)
        return self._look(ask=True)

    def _take(self, event: dict[str, Any], asked_hash: str | None) -> None:
        from pipelines.review.run import answered_in_airflow
        from pipelines.services import open_services

        person, comment = event.get("responded_by_user") or {}, (event.get("params_input") or {}).get("comment")
        answered_in_airflow(
            open_services().board,
            self.asked["tenant"],
            self.asked["campaign_id"],
            option=event["chosen_options"][0],
            by=str(person.get("name") or person.get("id") or ""),
            # Airflow does not check what a form was filled with.
            comment=comment if isinstance(comment, str) else "",
            at=event["responded_at"] or datetime.now(UTC),
            asked_hash=asked_hash,
        )

    def _look(self, *, ask: bool) -> dict[str, Any]:
        from pipelines.review.run import standing, who_may_answer
        from pipelines.services import open_services

        board, whose = open_services().board, (self.asked["tenant"], self.asked["campaign_id"])
        stands = standing(board, *whose)
        self.log.info(stands.sentence)
        if stands.final:
            return stands.to_json()
        if ask:
            upsert_hitl_detail(
                ti_id=get_current_context()["ti"].id,
                options=self.options,
                subject=self.subject,
                body=self.body,
                params=self.serialized_params,
                assigned_users=[{"id": name, "name": name} for name in who_may_answer(board, *whose)],
            )
        raise TaskAwaitingInput(
            method_name="execute_complete",
            kwargs={"asked_hash": stands.approved_hash},
            timeout=stands.look_again_in,
        )
