"""`review_queue.yaml`: how urgent what waits for a person is, when it expires, and who may answer it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipelines.contracts import Role
from pipelines.policy_files import read_policy
from pipelines.policy_files.mistakes import among, probably
from pipelines.safety.ports import CATEGORIES

FILE = "review_queue.yaml"
# An approval is answered with `liftline review approve` alone; all others here.
Kind = Annotated[str, among("content", "compliance", "money", "vip", "reputation", "approval")]


def _code(code: str) -> str:
    # A code of the screen is a category; whatever else there is is a code of a check or guardrail.
    if code not in CATEGORIES and (near := probably(code.replace("_", ""), CATEGORIES)):
        raise ValueError(f"{code!r} is no category of the screen; did you mean {near}?")
    return code


Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$"), AfterValidator(_code)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Urgency(_Part):
    """How urgent something is (1 comes first), and the roles of which one is needed to answer it."""

    priority: Annotated[int, Field(ge=1, le=9)]
    due_hours: Annotated[int, Field(ge=1, le=24 * 90)]
    roles: list[Role]

    @property
    def patience(self) -> timedelta:
        """How long it may wait."""
        return timedelta(hours=self.due_hours)


class QueuePolicy(_Part):
    """The urgency of every kind and of some reasons."""

    kinds: Mapping[Kind, Urgency]
    otherwise: Urgency
    codes: Mapping[Code, Urgency] = {}

    @model_validator(mode="after")
    def _somebody_may_answer(self) -> QueuePolicy:
        asked = {
            **{f"kinds.{kind}": one for kind, one in self.kinds.items() if kind != "approval"},
            "otherwise": self.otherwise,
            **{f"codes.{code}": one for code, one in self.codes.items()},
        }
        if silent := [place for place, one in asked.items() if not one.roles]:
            raise ValueError(f"{', '.join(silent)}: nobody may answer it; name a role under roles")
        return self

    def urgency(self, kind: str, code: str) -> Urgency:
        """By its code where that is named, else by its kind."""
        return self.codes.get(code) or self.kinds.get(kind) or self.otherwise


def read_queue_policy(policies: Path) -> QueuePolicy:
    """The policy in the folder, or one refusal that names every mistake in it."""
    return read_policy(policies / FILE, QueuePolicy, "review queue policy")
