"""What the learning step is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.database import Connection, Database
from pipelines.learning.policy import LearningPolicy


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where models are made and kept; `alert` tells people of a tenant at once what waits for them.

    `prompt_version` tells, within a transaction, which version of its prompt generation now writes by. `personas` are
    names and patterns in the order in which they take people.
    """

    database: Database
    models: Path
    policy: LearningPolicy
    clock: Callable[[], datetime]
    alert: Callable[[str], object]
    prompt_version: Callable[[Connection], str]
    personas: Mapping[str, Sequence[str]]
