"""`approval.yaml`: whose yes a campaign needs beyond marketing and quality, and how long an answer may take."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.contracts import Refusal

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
    path = folder / FILE
    try:
        return ApprovalPolicy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Refusal(
            f"The policy file {path} cannot be read ({error.strerror}); put it there or set LIFTLINE_POLICIES."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"The policy file {path} is not YAML ({' '.join(str(error).split())}); mend it.") from error
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors(include_url=False)]
        raise Refusal(f"The policy file {path} has mistakes; mend them: {'; '.join(mistakes)}.") from error
