"""`outreach.yaml`: who counts as a qualified lead, and how fast messages are made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.policy_files import read_policy


class OutreachPolicy(BaseModel):
    """What holds for every campaign of the API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    qualification_score: Literal["engagement", "loyalty"]
    call_to_action: Annotated[str, Field(min_length=1, max_length=60)]
    answer_at_once: Annotated[int, Field(ge=0, le=150)]
    messages_a_minute: Annotated[int, Field(ge=1, le=100_000)]
    most_leads: Annotated[int, Field(ge=1, le=100_000)]


def read_outreach_policy(folder: Path) -> OutreachPolicy:
    """The policy in the folder, or a refusal that names every mistake in it."""
    return read_policy(folder / "outreach.yaml", OutreachPolicy, "outreach policy")
