"""Rules in words: ordered segments with conditions and a sentence that says why."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from pipelines.contracts import LifecycleStage
from pipelines.policy_files.mistakes import as_model, nearest
from pipelines.policy_files.reading import Mistake, read_yaml, text_of
from pipelines.segmentation.policies import Policy, SegmentName, Sentence, SmallSegments

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
            "lifecycle_stage", "last_order", "orders", "country", "region", "city", "locale", "time_zone",
            "company", "account_id", "job_title",
        ),
        "text",
    ),
    "tags": "list",
}  # fmt: skip
ATTRIBUTE = re.compile(r"attributes\.([^\x00-\x1f{}]{1,100})")
SLOT = re.compile(r"\{([^{}]*)\}")

Yes = Annotated[Literal[True], BeforeValidator(lambda found: found == "true" or found)]
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
    known: Yes | None = None
    unknown: Yes | None = None

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
    if not isinstance(value, int | float | str):
        raise ValueError(f"{field} cannot be held against {value!r}; write a text or a number")
    if kind == "number" and not _is_number(value):
        raise ValueError(f"{field} holds a number and cannot be {value!r}")
    if "\x00" in str(value):
        raise ValueError(f"{field} is held against a text with a NUL character")
    if field == "lifecycle_stage" and value not in get_args(LifecycleStage):
        raise ValueError(f"{field} is never {value!r}; {nearest(str(value), get_args(LifecycleStage))}")
    if field == "country" and not re.fullmatch(r"[A-Z]{2}", str(value)):
        raise ValueError(f"{field} is never {value!r}; write two capital letters, such as DE")


def _is_number(value: float | str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


class Any_(Policy):
    """Conditions of which one is enough."""

    any: Annotated[list[Condition], Field(min_length=1)]


Part = Annotated[
    Annotated[Condition, Tag("(one)")] | Annotated[Any_, Tag("(any)")],
    Discriminator(lambda found: "(any)" if isinstance(found, Any_) or "any" in (found or ()) else "(one)"),
]
"""Either of them, told apart before it is read: else every mistake would be told once for each reading."""


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

    when: Annotated[list[Part], Field(min_length=1)]


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


def read_rules(path: Path) -> RuleSet:
    """The rules in a file, or one refusal that names every mistake in it."""
    where = f"The policy file {path}"
    written = read_yaml(text_of(path, "policy file", "put it there or set LIFTLINE_POLICIES"), where)
    return as_model(written, RuleSet, where, _clashes(written.content))


def _clashes(content: dict[str, Any]) -> Iterator[Mistake]:
    """What does not fit together, looked for in the raw file so that it is told with all the other mistakes."""
    rules = content.get("segments")
    entries = [*(rules if isinstance(rules, list) else []), content.get("default")]
    names = [entry.get("segment") for entry in entries if isinstance(entry, dict)]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield ("segments",), f"the segment {name!r} is defined more than once"
    small = content.get("small_segments")
    target = small.get("merge_into") if isinstance(small, dict) else None
    if target is not None and target not in names:
        yield ("small_segments", "merge_into"), f"names {target!r}, which is no segment"
