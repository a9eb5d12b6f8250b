"""A policy file as a checked model: a key that stands twice is a mistake, and every mistake is told at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pipelines.contracts import Refusal

M = TypeVar("M", bound=BaseModel)


class _NoTwins(yaml.SafeLoader):
    """Never silently takes the last of two."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twins := sorted({str(key) for key in keys if keys.count(key) > 1}):
            raise yaml.constructor.ConstructorError(None, None, f"{', '.join(twins)} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_model(path: Path, kind: type[M]) -> M:
    """What the file says, or one refusal that names every mistake in it."""
    try:
        return kind.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=_NoTwins))  # noqa: S506
    except OSError as error:
        raise Refusal(f"{path} cannot be read ({error.strerror}); put it there or set LIFTLINE_POLICIES.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} is not YAML ({' '.join(str(error).split())}); mend it.") from error
    except ValidationError as error:
        raise Refusal(f"{path} has mistakes; mend them: {'; '.join(_mistakes(error))}.") from error


def _mistakes(error: ValidationError) -> Iterator[str]:
    for part in error.errors(include_url=False):
        place = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in part["loc"]).lstrip(".")
        said = part["msg"].removeprefix("Value error, ")
        yield f"{place}: {said}".removeprefix(": ").rstrip(".")
