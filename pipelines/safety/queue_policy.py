"""`review_queue.yaml`: how urgent what waits for a person is, when it expires, and who may answer it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipelines.policy_files import read_policy

FILE = "review_queue.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Urgency(_Part):
    """How urgent something is (1 comes first), and the roles of which one is needed to answer it."""

    priority: Annotated[int, Field(ge=1, le=9)]
    due_hours: Annotated[int, Field(ge=1, le=24 * 90)]
    roles: list[str]

    @property
    def patience(self) -> timedelta:
        """How long it may wait."""
        return timedelta(hours=self.due_hours)


class QueuePolicy(_Part):
    """The urgency of every kind and of some reasons."""

    kinds: Mapping[str, Urgency]
    otherwise: Urgency
    codes: Mapping[str, Urgency] = {}

    def urgency(self, kind: str, code: str) -> Urgency:
        """By its code where that is named, else by its kind."""
        return self.codes.get(code) or self.kinds.get(kind) or self.otherwise


def read_queue_policy(policies: Path) -> QueuePolicy:
    """The policy in the folder, or one refusal that names every mistake in it."""
    return read_policy(policies / FILE, QueuePolicy, "review queue policy")
