"""`review_queue.yaml`: how urgent what waits for a person is, and when it expires."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.contracts import Refusal

FILE = "review_queue.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Urgency(_Part):
    """How urgent something is; 1 comes first."""

    priority: Annotated[int, Field(ge=1, le=9)]
    due_hours: Annotated[int, Field(ge=1, le=24 * 90)]

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
    path = policies / FILE
    try:
        return QueuePolicy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Refusal(f"{path} cannot be read ({error.strerror}); put it there or set LIFTLINE_POLICIES.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} is not YAML ({' '.join(str(error).split())}); mend it.") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
        raise Refusal(f"{path} has mistakes; mend them: {wrong}.") from error
