"""What experiments are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pipelines.database import Database
from pipelines.experiments.policy import ExperimentPolicy


@dataclass(frozen=True, slots=True)
class Laboratory:
    """What experiments are given: the database, the policy, and a clock."""

    database: Database
    policy: ExperimentPolicy
    clock: Callable[[], datetime]
