"""`experiments.yaml`: what holds for every experiment unless its brief says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.contracts import RATES, Metric
from pipelines.policy_files import read_policy

Share = Annotated[float, Field(gt=0, lt=1)]
Steps = Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=1, max_length=20)]


class ExperimentPolicy(BaseModel):
    """The defaults of a design, and whom no campaign ever writes to."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    global_holdout: Annotated[float, Field(ge=0, le=0.5)]
    ramp: Steps
    waves: Steps
    hash_version: Literal["1", "2"]
    primary_metric: Metric
    secondary_metrics: tuple[Metric, ...] = ()
    guardrail_metrics: tuple[Metric, ...] = ()
    attribution_days: Annotated[int, Field(ge=1, le=90)]
    min_days: Annotated[int, Field(ge=1, le=90)]
    max_days: Annotated[int, Field(ge=1, le=365)]
    plan: Literal["fixed", "sequential"]
    correction: Literal["holm", "bonferroni", "none"]
    alpha: Share
    power: Share
    lift: Annotated[float, Field(gt=0, le=100)]
    baselines: dict[Metric, Share]

    @model_validator(mode="after")
    def _fits(self) -> ExperimentPolicy:
        for name, steps in (("ramp", self.ramp), ("waves", self.waves)):
            if list(steps) != sorted(set(steps)) or steps[-1] != 1:
                raise ValueError(f"{name} should grow from step to step and end at 1")
        if self.min_days > self.max_days:
            raise ValueError(f"min_days ({self.min_days}) should not be more than max_days ({self.max_days})")
        if unknown := [metric for metric in self.baselines if metric not in RATES]:
            raise ValueError(f"{', '.join(unknown)} is no rate, so it has no baseline; take it out of baselines")
        return self


def read_experiment_policy(folder: Path) -> ExperimentPolicy:
    """The policy in the folder, or a refusal that names every mistake in it."""
    return read_policy(folder / "experiments.yaml", ExperimentPolicy, "experiment policy")
