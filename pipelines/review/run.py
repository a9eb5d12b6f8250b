"""Use cases of the review step, for commands, tasks and the console."""

from pipelines.review.access import grant, grants, revoke, roles_of
from pipelines.review.approving import (
    answered_in_airflow,
    approve,
    ask_for_approval,
    obstacle_for,
    reject,
    settled,
    standing,
    waiting,
    who_may_answer,
)
from pipelines.review.deciding import Standing, yes_of
from pipelines.review.ports import Board
from pipelines.review.variants import (
    decide_variants,
    edit,
    editable,
    feedback,
    rate_variants,
    reviewed,
    tenants_with,
)

__all__ = [
    "Board", "Standing", "answered_in_airflow", "approve",
    "ask_for_approval", "decide_variants", "edit", "editable", "feedback", "grant", "grants",
    "obstacle_for", "rate_variants", "reject", "revoke", "reviewed", "roles_of", "settled", "standing", "tenants_with",
    "waiting", "who_may_answer", "yes_of",
]  # fmt: skip
