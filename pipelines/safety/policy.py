"""`screening.yaml`: from which severity on a text is reviewed or blocked, by category, provider and tenant."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.contracts import Refusal
from pipelines.safety.ports import Category

FILE = "screening.yaml"
Step = Annotated[int, Field(ge=1, le=7)]
Term = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\w")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Threshold(_Part):
    """The severities at which a category is reviewed and blocked."""

    review_at: Step
    block_at: Step

    @model_validator(mode="after")
    def _review_comes_first(self) -> Threshold:
        if self.review_at > self.block_at:
            raise ValueError("review_at must not be above block_at")
        return self


class _EveryCategory(_Part):
    Hate: Threshold
    SelfHarm: Threshold
    Sexual: Threshold
    Violence: Threshold


class _SomeCategories(_Part):
    Hate: Threshold | None = None
    SelfHarm: Threshold | None = None
    Sexual: Threshold | None = None
    Violence: Threshold | None = None


class ScreeningPolicy(_Part):
    """What severities lead to."""

    thresholds: _EveryCategory
    screens: Mapping[str, _SomeCategories] = {}
    tenants: Mapping[str, _SomeCategories] = {}
    blocklist_hit: Literal["review", "block"]
    blocklist: list[Term] = []

    @property
    def version(self) -> str:
        """A hash of what the policy says; comments and order of the file do not matter."""
        said = json.dumps(self.model_dump(), sort_keys=True, ensure_ascii=False)
        return f"screening-{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    def threshold(self, category: Category, screen: str, tenant: str | None = None) -> Threshold:
        """The one in force: the tenant's, else the provider's, else the general one."""
        for said in (self.tenants.get(tenant or ""), self.screens.get(screen), self.thresholds):
            found = getattr(said, category, None)
            if isinstance(found, Threshold):
                return found
        raise AssertionError(category)


class _NoTwins(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake, not a silent choice of the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twins := sorted({str(key) for key in keys if keys.count(key) > 1}):
            raise yaml.constructor.ConstructorError(
                None, None, f"{', '.join(twins)} stands twice in one place", node.start_mark
            )
        return super().construct_mapping(node, deep)


def read_screening_policy(folder: Path) -> ScreeningPolicy:
    """The policy in the folder, or a refusal that names every mistake in it."""
    path = folder / FILE
    try:
        return ScreeningPolicy.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=_NoTwins))  # noqa: S506
    except OSError as error:
        raise Refusal(
            f"The policy file {path} cannot be read ({error.strerror}); put it there or set LIFTLINE_POLICIES."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"The policy file {path} is not YAML ({' '.join(str(error).split())}); mend it.") from error
    except ValidationError as error:
        raise Refusal(f"The policy file {path} has mistakes; mend them: {'; '.join(_mistakes(error))}.") from error


def _mistakes(error: ValidationError) -> list[str]:
    return [
        ": ".join(filter(None, (".".join(map(str, part["loc"])), part["msg"].removeprefix("Value error, "))))
        for part in error.errors(include_url=False)
    ]
