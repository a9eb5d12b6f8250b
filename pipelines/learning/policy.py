"""`learning.yaml`: when a model may be trained, when it may go live, when it must go, and what is offered to people."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from pipelines.contracts import Refusal
from pipelines.policy_files import read_policy

FILE = "learning.yaml"

ModelName = Literal["response", "conversion", "churn", "send_hour", "lead_quality"]
MODELS: tuple[ModelName, ...] = get_args(ModelName)

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Part):
    """What a model of one question needs."""

    horizon_days: Annotated[int, Field(ge=1, le=3650)]
    least_rows: Count
    least_each: Annotated[int, Field(ge=10)]

    @property
    def horizon(self) -> timedelta:
        """How long an answer may take."""
        return timedelta(days=self.horizon_days)


class Questions(_Part):
    """Every model that there is."""

    response: Question
    conversion: Question
    churn: Question
    send_hour: Question
    lead_quality: Question


class Promotion(_Part):
    """What a challenger must show."""

    certainty: Annotated[float, Field(gt=0.5, lt=1)]
    suspicious_auc: Annotated[float, Field(gt=0.5, le=1)]
    drift_limit: Annotated[float, Field(gt=0)]
    noise_limit: Share


class Monitoring(_Part):
    """What the live champion must keep."""

    least_rows: Count
    least_each: Count
    worse_by: Share
    calibration_limit: Share


class Insights(_Part):
    """What a learning must rest on."""

    certainty: Annotated[float, Field(gt=0.5, lt=1)]
    least_reached: Count
    least_campaigns: Count
    least_ratings: Count


class LearningPolicy(_Part):
    """The whole file."""

    models: Questions
    moments: Annotated[int, Field(ge=2, le=60)]
    days_between: Annotated[int, Field(ge=1)]
    most_rows: Count
    promotion: Promotion
    monitoring: Monitoring
    insights: Insights

    def question(self, model: str) -> Question:
        """The question of that model, or a refusal."""
        if model not in MODELS:
            raise Refusal(f"There is no model {model!r}; the models are {', '.join(MODELS)}.")
        asked: Question = getattr(self.models, model)
        return asked


def read_learning_policy(policies: Path) -> LearningPolicy:
    """The policy in the folder, or one refusal that names every mistake in it."""
    return read_policy(policies / FILE, LearningPolicy, "learning policy")
