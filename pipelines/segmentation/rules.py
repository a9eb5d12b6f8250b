"""Rules in words: ordered segments with conditions and a sentence that says why."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator, model_validator

from pipelines.segmentation.policies import Policy, SegmentName, Sentence, SmallSegments, mistakes

Kind = Literal["number", "text", "list", "attribute"]

FIELDS: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "recency_days", "frequency", "monetary", "average_order", "r", "f", "m", "engagement_score",
            "inactive_days", "churn_risk", "preferred_hour", "signup_days",
        ),
        "number",
    ),
    **dict.fromkeys(
        (
            "lifecycle_stage", "last_order", "country", "region", "city", "locale", "time_zone",
            "company", "account_id", "job_title",
        ),
        "text",
    ),
    "tags": "list",
}  # fmt: skip
ATTRIBUTE = re.compile(r"attributes\.([^\x00-\x1f{}]{1,100})")
SLOT = re.compile(r"\{([^{}]*)\}")

Comparison = Literal["at_least", "at_most", "more_than", "less_than"]
OPERATORS = ("is", "is_not", "in", "not_in", "at_least", "at_most", "more_than", "less_than", "known", "unknown")


def kind_of(field: str) -> Kind | None:
    """What sort of thing a field holds, or None for a field that rules may not ask about."""
    return "attribute" if ATTRIBUTE.fullmatch(field) else FIELDS.get(field)


class Condition(Policy):
    """One question about one field."""

    field: str
    is_: Any = Field(None, alias="is")
    is_not: Any = None
    in_: list[Any] | None = Field(None, alias="in", min_length=1)
    not_in: list[Any] | None = Field(None, min_length=1)
    at_least: float | None = None
    at_most: float | None = None
    more_than: float | None = None
    less_than: float | None = None
    known: Literal[True] | None = None
    unknown: Literal[True] | None = None

    @property
    def operator(self) -> str:
        """The one operator that is asked."""
        return self._asked()[0]

    @property
    def value(self) -> Any:
        """What the field is held against."""
        name = self.operator
        return getattr(self, {"is": "is_", "in": "in_"}.get(name, name))

    def _asked(self) -> list[str]:
        return [name for name in OPERATORS if {"is": "is_", "in": "in_"}.get(name, name) in self.model_fields_set]

    @model_validator(mode="after")
    def _makes_sense(self) -> Condition:
        kind = kind_of(self.field)
        if kind is None:
            raise ValueError(f"there is no field {self.field!r}; fields are {', '.join(FIELDS)} and attributes.NAME")
        asked = self._asked()
        if len(asked) != 1:
            raise ValueError(f"{self.field} needs exactly one of {', '.join(OPERATORS)}, not {len(asked)}")
        if asked[0] in ("at_least", "at_most", "more_than", "less_than") and kind in ("text", "list"):
            raise ValueError(f"{self.field} holds text and cannot be compared by {asked[0]}")
        values = self.value if isinstance(self.value, list) else [self.value]
        for value in values if asked[0] not in ("known", "unknown") else []:
            _check_value(self.field, kind, value)
        return self


def _check_value(field: str, kind: Kind, value: Any) -> None:
    if value is None:
        raise ValueError(f"{field} is held against nothing; write unknown: true")
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"{field} cannot be held against {value!r}; write a text or a number")
    if isinstance(value, bool):
        raise ValueError(f"{field} is held against {value}; YAML reads NO, yes and on so: put quotes around it")
    if isinstance(value, str):
        if kind == "number":
            raise ValueError(f"{field} holds a number and cannot be {value!r}")
        if "\x00" in value:
            raise ValueError(f"{field} is held against a text with a NUL character")
    elif kind in ("text", "list"):
        raise ValueError(f"{field} holds text and cannot be {value!r}; put quotes around it")
    elif not math.isfinite(value):
        raise ValueError(f"{field} is held against {value}, which is no number")


class Any_(Policy):
    """Conditions of which one is enough."""

    any: Annotated[list[Condition], Field(min_length=1)]


class Placement(Policy):
    """A segment, and the sentence that tells a customer's reason to be in it."""

    segment: SegmentName
    description: Sentence
    because: Sentence

    @field_validator("because")
    @classmethod
    def _slots_are_fields(cls, because: str) -> str:
        wrong = [slot for slot in SLOT.findall(because) if kind_of(slot) is None]
        if wrong:
            raise ValueError(f"slots that are no fields: {', '.join(wrong)}")
        if "\x00" in because or re.search(r"[{}]", SLOT.sub("", because)):
            raise ValueError("a brace without its partner, or a NUL character")
        return because


class Rule(Placement):
    """A segment for those of whom all conditions hold."""

    when: Annotated[list[Condition | Any_], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _one_reading_of_each_condition(cls, content: Any) -> Any:
        """Decide here what each condition is, or pydantic would report every mistake once for each reading."""
        if not isinstance(content, dict) or not isinstance(content.get("when"), list):
            return content
        found: list[Any] = []
        wrong: list[str] = []
        for number, item in enumerate(content["when"], 1):
            kind = Any_ if isinstance(item, dict) and "any" in item else Condition
            try:
                found.append(item if isinstance(item, Condition | Any_) else kind.model_validate(item))
            except ValidationError as error:
                wrong += [f"condition {number}: {phrase}" for phrase in mistakes(error)]
        if wrong:
            try:
                Placement.model_validate({k: v for k, v in content.items() if k != "when"})
            except ValidationError as error:
                wrong += mistakes(error)
            raise ValueError("; ".join(wrong))
        return {**content, "when": found}


class RuleSet(Policy):
    """Ordered rules, the first that holds wins, and where everybody else goes."""

    segments: list[Rule]
    default: Placement
    small_segments: SmallSegments = SmallSegments()

    @property
    def placements(self) -> list[Placement]:
        """All segments in order, the default last."""
        return [*self.segments, self.default]

    def fields(self) -> list[str]:
        """Every field that conditions or reasons use, in order of appearance."""
        return list(dict.fromkeys(self._mentioned()))

    def _mentioned(self) -> Iterator[str]:
        for rule in self.segments:
            for part in rule.when:
                yield from (c.field for c in (part.any if isinstance(part, Any_) else [part]))
        for placement in self.placements:
            yield from SLOT.findall(placement.because)

    @model_validator(mode="wrap")
    @classmethod
    def _names_fit_together(cls, content: Any, handler: ValidatorFunctionWrapHandler) -> RuleSet:
        """Looked at in the raw file, so that these mistakes are told together with all the others."""
        wrong = list(_clashes(content)) if isinstance(content, dict) else []
        try:
            made: RuleSet = handler(content)
        except ValidationError as error:
            if wrong:
                raise ValueError("; ".join([*mistakes(error), *wrong])) from error
            raise
        if wrong:
            raise ValueError("; ".join(wrong))
        return made


def _clashes(content: dict[str, Any]) -> Iterator[str]:
    rules = content.get("segments")
    entries = [*(rules if isinstance(rules, list) else []), content.get("default")]
    names = [entry.get("segment") for entry in entries if isinstance(entry, dict)]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield f"the segment {name!r} is defined more than once"
    small = content.get("small_segments")
    target = small.get("merge_into") if isinstance(small, dict) else None
    if target is not None and target not in names:
        yield f"small_segments.merge_into names {target!r}, which is no segment"
