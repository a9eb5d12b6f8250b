"""`approval.yaml`: whose yes a campaign needs beyond marketing and quality, and how long an answer may take."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.discounts import Discount
from pipelines.policy_files import read_policy

FILE = "approval.yaml"
MoneyStage = Literal["manager", "director"]


class ApprovalPolicy(BaseModel):
    """May be stricter than the database, which never lets go of its own limits, 15 and 25 %."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer_within_hours: Annotated[float, Field(gt=0, le=720)]
    manager_from_percent: Annotated[Decimal, Field(ge=0, le=15)]
    director_above_percent: Annotated[Decimal, Field(ge=0, le=25)]
    amount_off_needs: MoneyStage
    always: tuple[MoneyStage, ...] = ()

    @property
    def version(self) -> str:
        """A hash of what the policy says."""
        said = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return f"approval-{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    @property
    def answer_within(self) -> timedelta:
        """How long a request stays open."""
        return timedelta(hours=self.answer_within_hours)


def read_approval_policy(folder: Path) -> ApprovalPolicy:
    """The policy in the folder, or a refusal that names every mistake in it."""
    return read_policy(folder / FILE, ApprovalPolicy, "approval policy")


def stages_needed(discount: Discount, policy: ApprovalPolicy) -> tuple[str, ...]:
    """The stages in the order in which they are asked; a director's yes stands for a manager's."""
    money = set(policy.always)
    if discount.amount_off:
        money.add(policy.amount_off_needs)
    if discount.percent is not None:
        if discount.percent > policy.director_above_percent:
            money.add("director")
        elif discount.percent >= policy.manager_from_percent:
            money.add("manager")
    last = next((stage for stage in ("director", "manager") if stage in money), None)
    return ("marketing", "quality", *((last,) if last else ()))
