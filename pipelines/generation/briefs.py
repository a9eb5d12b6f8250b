"""What is wanted of a campaign, as a YAML file that a marketing operator writes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from pipelines.contracts import Metric
from pipelines.generation.links import sendable
from pipelines.generation.slots import unknown_slots
from pipelines.generation.wording import one_line
from pipelines.policy_files.mistakes import as_model, formed, nearest
from pipelines.policy_files.reading import Mistake, Place, Written, read_yaml, text_of

STRATEGIES = ("professional", "friendly", "direct", "control", "curiosity", "benefit", "urgency", "social_proof")
Channel = Literal["email", "sms", "whatsapp", "push", "web", "linkedin"]
CHANNELS: tuple[str, ...] = get_args(Channel)
FEWEST_STRATEGIES = 3
LOCALE = (r"[a-z]{2,3}(-[A-Z]{2})?", "a locale such as en or de-AT")


def _plain(text: str) -> str:
    if not (plain := "\n".join(filter(None, map(one_line, text.split("\n"))))):
        raise ValueError("holds nothing that can be read")
    if troubles := unknown_slots(plain):
        raise ValueError("; ".join(troubles))
    return plain


def _listed(value: Any) -> Any:
    """Several value propositions may stand as a list; then each has a line of the text."""
    several = isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value)
    return "\n".join(one_line(item) for item in value) if several else value


def _single(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _strategy(name: str) -> str:
    if name not in STRATEGIES:
        raise ValueError(f"{name!r} is no strategy; {nearest(name, STRATEGIES)}")
    return name


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if twins := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{', '.join(twins)} stands twice; keep one")
    return values


def _day(value: Any) -> Any:
    # A bare number would be taken for seconds since 1970.
    if not isinstance(value, date) and not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        raise ValueError("should be a day written as 2026-12-24")
    return value


Line = Annotated[str, BeforeValidator(_single), StringConstraints(min_length=1, max_length=200), AfterValidator(_plain)]
Text = Annotated[
    str, BeforeValidator(_listed), StringConstraints(min_length=1, max_length=1000), AfterValidator(_plain)
]
Names = Annotated[tuple[Line, ...], Field(max_length=500), AfterValidator(_distinct)]
Strategy = Annotated[str, AfterValidator(_strategy)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class Audience(_Part):
    """For whom: one message for each segment of a scheme, each persona, account or person."""

    unit: Literal["segment", "persona", "account", "person"] = "segment"
    scheme: Literal["rules", "rfm", "kmeans"] = "rfm"
    only: Names = ()


class CallToAction(_Part):
    """What the reader is asked to do, and where."""

    text: Annotated[Line, Field(max_length=60)]
    link: Annotated[str, AfterValidator(sendable)]


class Offer(_Part):
    """What is offered, in the words of an approved passage."""

    text: Text
    code: Annotated[str, formed(r"[A-Za-z0-9][A-Za-z0-9_-]{1,39}", "2 to 40 letters, digits, - or _")] | None = None
    ends: Annotated[date, BeforeValidator(_day)] | None = None


class Knowledge(_Part):
    """Which approved content may be used, and what to look for in it."""

    query: Text | None = None
    audience: Names = ()
    locale: Annotated[str, formed(*LOCALE)] = "en"
    products: Names = ()
    documents: Names = ()
    passages: int = Field(12, ge=1, le=50)


class LaterStep(_Part):
    """A message of a journey: so many days after the one before, a text of the campaign that its arm has not sent yet.

    Whoever buys, answers, says stop or whose mailbox refuses a message leaves the journey.
    """

    after_days: int = Field(ge=1, le=60)
    strategy: Strategy
    # Where the text of this strategy goes; the campaign's own channel where none is named.
    channel: Channel | None = None


Journey = Annotated[tuple[LaterStep, ...], Field(max_length=5)]


class Arm(_Part):
    """One treatment, or the control that gets nothing; which strategy it sends. Who has no weight shares the rest."""

    name: Annotated[Line, Field(max_length=60)]
    weight: float | None = Field(None, gt=0, le=1_000_000)
    strategy: Strategy | None = None
    levels: Annotated[dict[Line, Line], Field(max_length=5)] = {}
    # Its own journey instead of the brief's; an empty one: it sends its first message only.
    journey: Journey | None = None


class Layer(_Part):
    """The part of a namespace that the experiment has to itself."""

    name: Annotated[Line, Field(max_length=60)]
    start: float = Field(ge=0, lt=1)
    end: float = Field(gt=0, le=1)


class Experiment(_Part):
    """What is wanted of the experiment; whatever is not said is as the house's policy has it."""

    kind: Literal["ab", "factorial", "holdout"] = "ab"
    control: Annotated[Line, Field(max_length=60)] | None = None
    # The share that is sent nothing; 0: everybody is sent something.
    control_share: float | None = Field(None, ge=0, lt=1)
    coverage: float | None = Field(None, gt=0, le=1)
    # Whether the campaign begins with a few and grows by steps; else it is sent to everybody at once.
    ramp: bool = False
    namespace: Layer | None = None
    hash_version: Literal["1", "2"] | None = None
    primary_metric: Metric | None = None
    secondary_metrics: Annotated[tuple[Metric, ...], AfterValidator(_distinct)] | None = None
    guardrail_metrics: Annotated[tuple[Metric, ...], AfterValidator(_distinct)] | None = None
    attribution_days: int | None = Field(None, ge=1, le=90)
    stratify_by: Annotated[tuple[Literal["unit", "country"], ...], AfterValidator(_distinct)] | None = None
    min_days: int | None = Field(None, ge=1, le=90)
    max_days: int | None = Field(None, ge=1, le=365)
    plan: Literal["fixed", "sequential"] | None = None
    allocation: Literal["fixed", "bandit", "staged"] | None = None
    correction: Literal["holm", "bonferroni", "none"] | None = None
    alpha: float | None = Field(None, gt=0, lt=1)
    power: float | None = Field(None, gt=0, lt=1)
    lift: float | None = Field(None, gt=0, le=100)
    baseline: float | None = Field(None, gt=0, lt=1)


class Brief(_Part):
    """One campaign as it was asked for."""

    name: Annotated[Line, Field(max_length=120)]
    goal: Text
    audience: Audience = Audience()
    channel: Channel = "email"
    # One of the policy's topics: people may wish to hear about a single one.
    topic: Annotated[str, formed(r"[a-z][a-z0-9_]{0,39}", "a topic such as product_updates")] | None = None
    tone: Line = "warm and plain"
    value_proposition: Text
    call_to_action: CallToAction
    strategies: Annotated[tuple[Strategy, ...], AfterValidator(_distinct)] = ("professional", "friendly", "direct")
    offer: Offer | None = None
    budget_usd: Decimal = Field(Decimal(5), ge=0, le=1_000_000, decimal_places=6)
    knowledge: Knowledge = Knowledge()
    arms: Annotated[tuple[Arm, ...], Field(max_length=20)] = ()
    journey: Journey = ()
    experiment: Experiment | None = None

    @property
    def elsewhere(self) -> dict[str, Channel]:
        """The strategies whose text is written for another channel than the campaign's, each for one."""
        steps = [*self.journey, *(step for arm in self.arms for step in arm.journey or ())]
        return {step.strategy: step.channel for step in steps if step.channel and step.channel != self.channel}

    def on(self, channel: str) -> Brief:
        """The same brief, for a text of this channel."""
        return self if channel == self.channel else self.model_copy(update={"channel": channel})

    def for_text(self, strategy: str) -> Brief:
        """The same brief, for the text of this strategy."""
        return self.on(self.elsewhere.get(strategy, self.channel))


def read_brief(path: Path, *, today: date | None = None) -> Brief:
    """The brief in a file, or a refusal that names every mistake; an offer that is over today is one."""
    return read_brief_text(text_of(path, "brief"), f"The brief {path}", today=today)


def read_brief_text(text: str, where: str, *, today: date | None = None) -> Brief:
    """The brief in a text, or a refusal that names every mistake in it at once."""
    written = read_yaml(text, where)
    return as_model(written, Brief, where, _misfits(written, today))


def brief_hash(brief: Brief) -> str:
    """A hash of what is meant: how it is written, the order of names, and what it may cost, do not matter."""
    meant = brief.model_dump(mode="json", exclude={"budget_usd"})
    # Briefs that say nothing of what came later keep the hash that they had.
    for name in ("experiment", "topic"):
        if meant[name] is None:
            del meant[name]
    for name in ("ramp", "allocation"):
        if meant.get("experiment") and not meant["experiment"][name]:
            del meant["experiment"][name]
    if not meant["journey"]:
        del meant["journey"]
    for arm in meant["arms"]:
        if not arm["levels"]:
            del arm["levels"]
        if arm["journey"] is None:
            del arm["journey"]
    for names in (
        meant["audience"]["only"],
        *(meant["knowledge"][field] for field in ("audience", "products", "documents")),
    ):
        names.sort()
    exact = json.dumps(meant, sort_keys=True, ensure_ascii=False).replace(r"\n", " ")
    return hashlib.sha256(exact.encode()).hexdigest()


def _misfits(written: Written, today: date | None) -> Iterator[Mistake]:
    """What does not fit together, looked for in what was written, so that it is told with all the other mistakes."""
    content = written.content
    strategies = content.get("strategies", Brief.model_fields["strategies"].default)
    if isinstance(strategies, list) and (different := len(set(map(str, strategies)))) < FEWEST_STRATEGIES:
        yield ("strategies",), f"has only {different} different; name at least {FEWEST_STRATEGIES}"
    audience = content.get("audience")
    if isinstance(audience, dict) and "scheme" in audience and audience.get("unit", "segment") != "segment":
        yield ("audience", "scheme"), "only segments have a scheme; take it out or write unit: segment"
    offer = content.get("offer")
    ends = str(offer.get("ends")) if isinstance(offer, dict) else ""
    if today and re.fullmatch(r"\d{4}-\d{2}-\d{2}", ends) and ends < today.isoformat():
        yield ("offer", "ends"), f"the offer ended on {ends} and today is {today}; give it a later day or take it out"
    elif today and re.fullmatch(r"\d{4}-\d{2}-\d{2}", ends):
        yield from _too_late(content, today, ends)
    arms = content.get("arms")
    if isinstance(arms, list) and arms and all(isinstance(arm, dict) for arm in arms):
        yield from _arm_misfits(arms, strategies if isinstance(strategies, list | tuple) else ())
    yield from _journey_misfits(content, strategies if isinstance(strategies, list | tuple) else ())
    experiment = content.get("experiment")
    if isinstance(experiment, dict):
        yield from _experiment_misfits(experiment, [arm for arm in arms or () if isinstance(arm, dict)])


def _arm_misfits(arms: list[dict[str, Any]], strategies: list[str] | tuple[str, ...]) -> Iterator[Mistake]:
    alike = {"name": "is the name of another arm", "strategy": "is what another arm sends, so they compare nothing"}
    for field, trouble in alike.items():
        values = [arm.get(field) for arm in arms]
        for at, value in enumerate(values):
            if value in values[:at]:
                yield ("arms", at, field), f"{value or 'nothing'} {trouble}; change one"
    for at, arm in enumerate(arms):
        wanted = arm.get("strategy")
        if isinstance(wanted, str) and wanted in STRATEGIES and wanted not in strategies:
            yield ("arms", at, "strategy"), f"{wanted} is not among the strategies; add it there"
    if len(arms) < 2:
        yield ("arms",), "one arm compares nothing; write two or more, or none"


def _journey_misfits(content: dict[str, Any], strategies: Sequence[str]) -> Iterator[Mistake]:
    arms = content.get("arms")
    known = [arm for arm in arms if isinstance(arm, dict)] if isinstance(arms, list) else []
    shared = content.get("journey")
    if shared and not known:
        yield ("journey",), "a journey needs arms, so that it is known what each has sent before; write them under arms"
    own_ones = [(("arms", at, "journey"), arm.get("journey")) for at, arm in enumerate(known)]
    steps = [
        ((*where, place), step) for where, one in ((("journey",), shared), *own_ones) for place, step in _steps_of(one)
    ]
    for where, step in steps:
        wanted = step.get("strategy")
        if isinstance(wanted, str) and wanted in STRATEGIES and wanted not in strategies:
            yield (*where, "strategy"), f"{wanted} is not among the strategies; add it there"
    yield from _twice_written(content, known, steps)
    for at, arm in enumerate(known):
        own = arm.get("journey")
        where = ("journey",) if own is None else ("arms", at, "journey")
        sent = [arm.get("strategy")]
        if sent[0] is None:
            if own:
                yield (*where,), f"{arm.get('name')} is sent nothing first, so nothing follows; give it a strategy"
            continue
        for place, step in _steps_of(shared if own is None else own):
            if step.get("strategy") in sent:
                yield (
                    (*where, place, "strategy"),
                    f"{arm.get('name')} has sent {step['strategy']} before; name another strategy, or give that arm "
                    "a journey of its own",
                )
            sent.append(step.get("strategy"))


def _too_late(content: dict[str, Any], today: date, ends: str) -> Iterator[Mistake]:
    """Steps that come after the offer has ended, even if the first message goes out today."""
    arms = content.get("arms")
    own_ones = [
        (("arms", at, "journey"), arm.get("journey"))
        for at, arm in enumerate(arms if isinstance(arms, list) else ())
        if isinstance(arm, dict)
    ]
    for where, journey in ((("journey",), content.get("journey")), *own_ones):
        comes = today
        for place, step in _steps_of(journey):
            days = str(step.get("after_days"))
            comes += timedelta(days=int(days) if re.fullmatch(r"[0-9]{1,3}", days) else 0)
            if comes.isoformat() > ends:
                yield (
                    (*where, place, "after_days"),
                    f"comes on {comes} at the earliest, and the offer ends on {ends}; bring it forward, or give the "
                    "offer a later day",
                )


def _twice_written(
    content: dict[str, Any], arms: list[dict[str, Any]], steps: list[tuple[Place, dict[str, Any]]]
) -> Iterator[Mistake]:
    """Steps whose strategy is wanted on two channels: a strategy has one text, and a text one channel."""
    own = content.get("channel", Brief.model_fields["channel"].default)
    written = {sent: own for arm in arms if isinstance(sent := arm.get("strategy"), str)}
    for where, step in steps:
        strategy, channel = step.get("strategy"), step.get("channel") or own
        if isinstance(strategy, str) and written.setdefault(strategy, channel) != channel:
            yield (
                (*where, "channel"),
                f"{strategy} is written for {written[strategy]} already, and each strategy for one channel; "
                f"name another strategy for {channel}",
            )


def _steps_of(journey: Any) -> list[tuple[int, dict[str, Any]]]:
    steps = journey if isinstance(journey, list) else []
    return [(place, step) for place, step in enumerate(steps) if isinstance(step, dict)]


def _experiment_misfits(experiment: dict[str, Any], arms: list[dict[str, Any]]) -> Iterator[Mistake]:
    names = [arm.get("name") for arm in arms]
    if arms and "control_share" in experiment:
        yield ("experiment", "control_share"), "the arms say what they weigh; give the control its weight there"
    if arms and experiment.get("control") not in (None, *names):
        yield ("experiment", "control"), f"is no arm; the arms are {', '.join(map(str, names))}"
    if not arms and "control" in experiment:
        yield ("experiment", "control"), "there are no arms to be one of; write them under arms, or take it out"
    if not arms and experiment.get("kind") in ("factorial", "holdout"):
        yield ("experiment", "kind"), f"a {experiment['kind']} design needs its arms; write them under arms"
