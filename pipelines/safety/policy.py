"""`screening.yaml`: from which severity on a text is reviewed or blocked, by category, provider and tenant."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipelines.policy_files import read_policy
from pipelines.policy_files.mistakes import among
from pipelines.policy_files.words import TenantName
from pipelines.safety.ports import Category
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.phrases import Phrases, entry_of, phrases_of, sayable

FILE = "screening.yaml"
Step = Annotated[int, Field(ge=1, le=7)]
Screen = Annotated[str, among("offline", "azure")]
Term = Annotated[str, Field(max_length=200), AfterValidator(sayable)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
    screens: Mapping[Screen, _SomeCategories] = {}
    tenants: Mapping[TenantName, _SomeCategories] = {}
    blocklist_hit: Literal["review", "block"]
    blocklist: list[Term] = []

    @property
    def version(self) -> str:
        """A hash of what the policy says; comments and order of the file do not matter."""
        said = json.dumps(self.model_dump(), sort_keys=True, ensure_ascii=False)
        return f"screening-{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    @cached_property
    def forbidden(self) -> Phrases:
        """The blocklist, ready to be looked for through the usual disguises."""
        return phrases_of([entry_of(term, [term]) for term in self.blocklist])

    def hits(self, text: str) -> tuple[str, ...]:
        """The terms of the blocklist that stand in a text."""
        if not self.blocklist:
            return ()
        return tuple(dict.fromkeys(hit.entry.name for hit in self.forbidden.find(folded(text))))

    def threshold(self, category: Category, screen: str, tenant: str | None = None) -> Threshold:
        """The one in force: the tenant's, else the provider's, else the general one."""
        for said in (self.tenants.get(tenant or ""), self.screens.get(screen), self.thresholds):
            found = getattr(said, category, None)
            if isinstance(found, Threshold):
                return found
        raise AssertionError(category)


def read_screening_policy(folder: Path) -> ScreeningPolicy:
    """The policy in the folder, or a refusal that names every mistake in it."""
    return read_policy(folder / FILE, ScreeningPolicy, "screening policy")
