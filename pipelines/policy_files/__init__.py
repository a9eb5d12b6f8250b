"""Files of rules and wishes that people write: YAML read strictly, checked whole, and every mistake told at once."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from pipelines.policy_files.mistakes import as_model
from pipelines.policy_files.reading import read_yaml, text_of

M = TypeVar("M", bound=BaseModel)


def read_policy(path: Path, kind: type[M], what: str) -> M:
    """The file as a checked model, or one refusal; a plain value comes as a text, and the model gives it its type."""
    where = f"The {what} {path}"
    text = text_of(path, what, "put it there or set LIFTLINE_POLICIES")
    return as_model(read_yaml(text, where), kind, where)
