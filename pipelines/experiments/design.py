"""The design of one experiment: fixed before the first message, hashed, and a part of what people approve."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.contracts import LESS_IS_BETTER, RATES, Json, Metric, Refusal
from pipelines.experiments.layers import SAME, Piece, pieces_of

Share = Annotated[float, Field(gt=0, lt=1)]
Part = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LaterStep(_Strict):
    """A message that follows the one before after so many days."""

    after_days: Annotated[int, Field(ge=1, le=60)]
    strategy: str
    # Where it goes, if elsewhere than the campaign's own channel.
    channel: str | None = None


class Arm(_Strict):
    """One treatment, or the arm that is sent nothing; in a factorial design with its level of each factor."""

    name: Name
    share: Annotated[float, Field(gt=0, le=1)]
    strategy: str | None = None
    levels: dict[str, str] = {}
    journey: tuple[LaterStep, ...] = ()


class Namespace(_Strict):
    """The part of a namespace that this experiment has to itself."""

    name: Name
    start: Part
    end: Part

    @model_validator(mode="after")
    def _some(self) -> Namespace:
        if self.start >= self.end:
            raise ValueError(f"namespace {self.name} from {self.start:g} to {self.end:g} holds nobody")
        return self

    @property
    def width(self) -> float:
        """Its share of everybody."""
        return self.end - self.start


class Design(_Strict):
    """Everything that decides who gets what, and by what the arms are judged."""

    key: Name
    kind: Literal["ab", "factorial", "holdout"]
    source: Literal["default", "brief", "operator"]
    arms: Annotated[tuple[Arm, ...], Field(min_length=1, max_length=20)]
    control: str
    ranges: tuple[tuple[str, float, float], ...] = ()
    hash_version: Literal[1, 2]
    coverage: Annotated[float, Field(gt=0, le=1)]
    namespace: Namespace | None
    global_holdout: Annotated[float, Field(ge=0, le=0.5)]
    ramp: Annotated[tuple[float, ...], Field(min_length=1)]
    primary_metric: Metric
    secondary_metrics: tuple[Metric, ...]
    guardrail_metrics: tuple[Metric, ...]
    attribution_days: Annotated[int, Field(ge=1, le=90)]
    # By what people are weighed alike in every arm; the estimate by strata stands beside the plain one.
    stratify_by: tuple[Literal["unit", "country"], ...]
    min_days: Annotated[int, Field(ge=1, le=90)]
    max_days: Annotated[int, Field(ge=1, le=365)]
    plan: Literal["fixed", "sequential"]
    # Whether the shares stay as they are, or each wave gets those that the waves before it suggest.
    allocation: Literal["fixed", "bandit", "staged"] = "fixed"
    correction: Literal["holm", "bonferroni", "none"]
    alpha: Share
    power: Share
    lift: Annotated[float, Field(gt=0, le=100)]
    baseline: Share | None

    @model_validator(mode="after")
    def _fits(self) -> Design:
        for trouble in (*self._arm_troubles(), *self._plan_troubles()):
            raise ValueError(trouble)
        if self.ranges:
            return self
        pieces = pieces_of(self.shares)
        return self.model_copy(update={"ranges": tuple((one.arm, one.start, one.end) for one in pieces)})

    def _arm_troubles(self) -> Sequence[str]:
        names = [arm.name for arm in self.arms]
        treatments = [arm for arm in self.arms if arm.strategy is not None]
        silent = [arm.name for arm in self.arms if arm.strategy is None]
        wrong = []
        if len(set(names)) < len(names):
            wrong.append("two arms have the same name; change one")
        if self.control not in names:
            wrong.append(f"the control {self.control} is no arm; the arms are {', '.join(names)}")
        if abs(sum(arm.share for arm in self.arms) - 1) > SAME:
            wrong.append("the shares of the arms do not sum to 1")
        if len(silent) > 1:
            wrong.append(f"{' and '.join(silent)} are all sent nothing, so they compare nothing; keep one of them")
        if not treatments:
            wrong.append("no arm is sent anything; give one a strategy")
        if self.kind == "holdout" and (len(treatments) != 1 or silent != [self.control]):
            wrong.append("a holdout compares one treatment with a control that is sent nothing; name these two arms")
        if self.kind == "factorial":
            wrong += _factor_troubles(self.arms)
        elif any(arm.levels for arm in self.arms):
            wrong.append("only a factorial design has levels; write kind: factorial, or take them out")
        return wrong

    def _plan_troubles(self) -> Sequence[str]:
        wrong = []
        named = [self.primary_metric, *self.secondary_metrics, *self.guardrail_metrics]
        if twice := sorted({metric for metric in named if named.count(metric) > 1}):
            wrong.append(f"{', '.join(twice)} is named twice among the metrics; keep it where it counts most")
        if self.min_days > self.max_days:
            wrong.append(f"it runs {self.min_days} days at least and {self.max_days} at most; change one")
        if self.attribution_days > self.max_days:
            wrong.append(
                f"it ends after {self.max_days} days, before the {self.attribution_days} days are over in which a "
                "response counts; raise max_days or lower attribution_days"
            )
        if self.learns:
            wrong += self._wave_troubles()
        if self.primary_metric not in RATES and self.baseline is not None:
            wrong.append(f"{self.primary_metric} is no rate, so it has no baseline; take baseline out")
        return wrong

    def _wave_troubles(self) -> Sequence[str]:
        wrong, days = [], len(self.ramp) * self.attribution_days
        told = f"allocation: {self.allocation} "
        if self.primary_metric not in RATES or self.primary_metric in LESS_IS_BETTER:
            wrong.append(f"{told}needs a response that is wanted, such as clicked, for its primary metric")
        if sum(arm.strategy is not None for arm in self.arms) < 2:
            wrong.append(f"{told}needs two arms that are sent something, or there is nothing to choose")
        if self.plan != "sequential":
            wrong.append(f"{told}looks after every wave; write plan: sequential")
        if days > self.max_days:
            wrong.append(
                f"{told}waits for {len(self.ramp)} waves of {self.attribution_days} days each; raise max_days to {days}"
            )
        return wrong

    @property
    def learns(self) -> bool:
        """Whether later waves get other shares than the first."""
        return self.allocation != "fixed"

    @property
    def shares(self) -> dict[str, float]:
        """The share of each arm, in their order."""
        return {arm.name: arm.share for arm in self.arms}

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Where on the unit interval each arm is."""
        return tuple(Piece(*one) for one in self.ranges)

    @property
    def factors(self) -> dict[str, list[str]]:
        """The factors of a factorial design, each with its levels."""
        names = self.arms[0].levels
        return {name: list(dict.fromkeys(arm.levels[name] for arm in self.arms)) for name in names}

    def to_json(self) -> Json:
        """As it is stored and approved; designs without journeys keep the hash that they had before there were any."""
        told = self.model_dump(mode="json")
        for arm in told["arms"]:
            if not arm["journey"]:
                del arm["journey"]
            for step in arm.get("journey", ()):
                if step["channel"] is None:
                    del step["channel"]
        return told

    @property
    def strategies(self) -> list[str]:
        """Every strategy of which somebody is sent a text, at whatever step."""
        first = {arm.strategy for arm in self.arms if arm.strategy is not None}
        return sorted(first | {step.strategy for arm in self.arms for step in arm.journey})

    def canonical(self) -> str:
        """The one text of this design: keys in order, no space, shortest numbers."""
        return json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @property
    def design_hash(self) -> str:
        """The SHA-256 of its canonical text."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def _factor_troubles(arms: Sequence[Arm]) -> Sequence[str]:
    names = list(arms[0].levels)
    if len(names) < 2:
        return ["a factorial design has two factors or more; give each arm its level of each"]
    if odd := [arm.name for arm in arms if set(arm.levels) != set(names)]:
        return [f"arm {odd[0]} has other factors than {arms[0].name}; give each arm a level of {', '.join(names)}"]
    cells = [tuple(arm.levels[name] for name in names) for arm in arms]
    if len(set(cells)) < len(cells):
        return ["two arms have the same levels, so they compare nothing; change one"]
    wanted = set(product(*(dict.fromkeys(cell[at] for cell in cells) for at in range(len(names)))))
    if missing := sorted(wanted - set(cells)):
        return [f"no arm has {' and '.join(missing[0])} together; add it, for each combination needs an arm"]
    return []


def checked(wanted: Mapping[str, Any]) -> Design:
    """The design, or a refusal that names what does not fit."""
    try:
        return Design.model_validate(wanted)
    except ValidationError as error:
        mistakes = [
            ": ".join(filter(None, [".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")]))
            for one in error.errors(include_url=False)
        ]
        raise Refusal(f"The design of experiment {wanted.get('key')} has mistakes: {'; '.join(mistakes)}.") from error
