"""`guardrails.yaml`: every number that the guardrails decide by, with what one tenant has instead."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipelines.contracts import TENANT_ID, LifecycleStage, Refusal
from pipelines.policy_files.mistakes import as_model, checked, formed
from pipelines.policy_files.reading import Mistake, read_yaml, text_of
from pipelines.policy_files.words import Zone

FILE, TENANTS = "guardrails.yaml", "tenants"
Channel = Literal["email", "sms", "whatsapp", "push", "web", "linkedin", "custom"]
Kind = Literal["reputation", "compliance", "money", "vip"]


def _flat(value: Any) -> Any:
    """Long lists are written as several lists, one a line."""
    if not isinstance(value, list):
        return value
    return tuple(word for part in value for word in (part if isinstance(part, list) else [part]))


def _purpose(written: str) -> str:
    """As imports write the purposes of consents into the ledger."""
    if not (purpose := "_".join(re.findall(r"[^\W_]+", written.lower()))):
        raise ValueError(f"{written!r} names no purpose; write one as direct_marketing")
    return purpose


def _region(written: str) -> str:
    """As regions are compared: files spell them in any case."""
    return written.strip().upper()


def _sayable(written: str) -> str:
    if not re.search(r"\w", written):
        raise ValueError(f"{written!r} has no letter that an answer could hold; take it out")
    return written


Count = Annotated[int, Field(ge=0)]
Some = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Dollars = Annotated[float, Field(ge=0)]
Hour = Annotated[int, Field(ge=0, le=24)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_flat)]
LedgerWords = Annotated[
    tuple[Annotated[Word, AfterValidator(_purpose)], ...], BeforeValidator(_flat), Field(min_length=1)
]
Regions = Annotated[tuple[Annotated[Word, AfterValidator(_region)], ...], BeforeValidator(_flat)]
StopWords = Annotated[
    tuple[Annotated[Word, AfterValidator(_sayable)], ...], BeforeValidator(_flat), Field(min_length=1)
]
Stages = Annotated[tuple[LifecycleStage, ...], BeforeValidator(_flat), Field(min_length=1)]
# As briefs name them.
Topic = Annotated[str, formed(r"[a-z][a-z0-9_]{0,39}", "a topic such as product_updates")]
Prefix = Annotated[str, formed(r"\+[1-9][0-9]{0,14}", "how a number begins, such as +1")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Channels = Annotated[tuple[Channel, ...], BeforeValidator(_flat)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Engagement(_Part):
    """Who has shown too little interest."""

    above: Annotated[float, Field(ge=0, lt=1)]
    chances: Some
    within_days: Some


class SoftOptOut(_Part):
    """Who has left without a word."""

    hard_bounces: Some
    within_days: Some
    event_names: Annotated[Words, Field(min_length=1)]


class Reputation(_Part):
    """From which share of bounces and complaints on a campaign stops."""

    bounces_below: Share
    complaints_below: Share
    complaints_warning: Share
    within_days: Some
    fewest_bounces: Some
    fewest_complaints: Some

    @model_validator(mode="after")
    def _warns_first(self) -> Reputation:
        if self.complaints_warning > self.complaints_below:
            raise ValueError("complaints_warning must not be above complaints_below")
        return self


class Spam(_Part):
    """The first guardrail."""

    messages: Some
    within_days: Some
    engagement: Engagement
    soft_opt_out: SoftOptOut
    reputation: Reputation


class Law(_Part):
    """What the law of some countries demands."""

    countries: Annotated[tuple[Country, ...], BeforeValidator(_flat), Field(min_length=1)]
    opt_in: Channels
    consent_years: Some | None = None
    sale_opt_out_regions: Regions = ()


class Purposes(_Part):
    """What the purposes in the ledger of consents mean."""

    marketing: LedgerWords
    objection: LedgerWords
    sale: LedgerWords


class ChannelRule(_Part):
    """Where a channel reaches people, and what it may not do."""

    address: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    quiet_hours: bool = False
    forbidden_prefixes: tuple[Prefix, ...] = ()

    @model_validator(mode="after")
    def _numbers_have_prefixes(self) -> ChannelRule:
        if self.forbidden_prefixes and self.address != "phone":
            raise ValueError("forbidden_prefixes holds nobody back where the address is no phone; take it out")
        return self


class Day(_Part):
    """When it is day."""

    from_hour: Hour
    to_hour: Hour

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Day:
        if self.from_hour >= self.to_hour:
            raise ValueError("from_hour must be before to_hour")
        return self


class Rates(_Part):
    """The fifth guardrail."""

    campaigns_a_day: Some
    messages_an_hour: Some


class Discounts(_Part):
    """Who decides on how much, in percent."""

    manager_from: Annotated[float, Field(ge=0, le=100)]
    director_above: Annotated[float, Field(ge=0, le=100)]

    @model_validator(mode="after")
    def _managers_come_first(self) -> Discounts:
        if self.director_above < self.manager_from:
            raise ValueError("director_above must not be below manager_from")
        return self


class Vip(_Part):
    """Whose messages a person looks at."""

    above: Dollars
    above_for_retention: Dollars
    retention_stages: Stages


class Budgets(_Part):
    """What may be spent, in US dollars."""

    campaign: Dollars
    channels: Mapping[Channel, Dollars]
    pause_at: Share


class Money(_Part):
    """The seventh guardrail."""

    discounts: Discounts
    vip: Vip
    budgets: Budgets


class Urgency(_Part):
    """How soon a question must be answered."""

    priority: Annotated[int, Field(ge=1, le=9)]
    hours: Some


class GuardrailPolicy(_Part):
    """What holds for one tenant."""

    spam: Spam
    laws: Annotated[Mapping[Word, Law], Field(min_length=1)]
    purposes: Purposes
    channels: Mapping[Channel, ChannelRule]
    day: Day
    zones_when_unknown: Annotated[tuple[Zone, ...], BeforeValidator(_flat), Field(min_length=1)]
    stop_words: StopWords
    whatsapp_templates: Words
    rates: Rates
    topics: Annotated[tuple[Topic, ...], BeforeValidator(_flat), Field(min_length=1)]
    digest_days: Some
    money: Money
    escalations: Mapping[Kind, Urgency]

    @model_validator(mode="after")
    def _one_law_a_country(self) -> GuardrailPolicy:
        named = [country for law in self.laws.values() for country in law.countries]
        if twins := sorted({country for country in named if named.count(country) > 1}):
            raise ValueError(f"laws: {', '.join(twins)} stands under two laws or twice; keep one")
        return self

    @model_validator(mode="after")
    def _nothing_is_left_open(self) -> GuardrailPolicy:
        listed = (
            ("channels", Channel, self.channels),
            ("money.budgets.channels", Channel, self.money.budgets.channels),
            ("escalations", Kind, self.escalations),
        )
        for place, names, given in listed:
            if absent := [name for name in get_args(names) if name not in given]:
                raise ValueError(f"{place}: {', '.join(absent)} is missing; add it")
        return self

    @property
    def version(self) -> str:
        """A hash of what the policy says; comments and the order of the file do not matter."""
        said = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return f"guardrails-{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    @property
    def topic(self) -> str:
        """What a campaign is about whose brief does not say."""
        return self.topics[0]

    @property
    def shortest_consent(self) -> int | None:
        """The age of consent, in years, where the strictest law holds."""
        return min((law.consent_years for law in self.laws.values() if law.consent_years), default=None)


@dataclass(frozen=True, slots=True)
class GuardrailPolicies:
    """The policy of each tenant that has one of its own, and that of all others."""

    general: GuardrailPolicy
    tenants: Mapping[str, GuardrailPolicy]

    def of(self, tenant: str) -> GuardrailPolicy:
        """What holds for the tenant."""
        return self.tenants.get(tenant, self.general)


def read_guardrail_policies(folder: Path) -> GuardrailPolicies:
    """The policies in the folder, or a refusal that names every mistake in them."""
    path = folder / FILE
    where = f"The policy file {path}"
    written = read_yaml(text_of(path, "policy file", "put it there or set LIFTLINE_POLICIES"), where)
    general = {name: value for name, value in written.content.items() if name != TENANTS}
    tenants = written.content.get(TENANTS, {})
    if not isinstance(tenants, dict):
        raise Refusal(f"{where} has a mistake; {TENANTS} should be a mapping of tenants.")
    _, known = checked(general, GuardrailPolicy)
    own: dict[str, GuardrailPolicy] = {}
    wrong: list[Mistake] = []
    for tenant, instead in tenants.items():
        if not isinstance(instead, dict) or not TENANT_ID.fullmatch(tenant):
            wrong.append(((TENANTS, tenant), "write a tenant's id and what it has instead"))
            continue
        policy, found = checked(_merged(general, instead), GuardrailPolicy)
        # A tenant's copy of a mistake is not told again.
        wrong += [((TENANTS, tenant, *place), what) for place, what in found if (place, what) not in known]
        if policy:
            own[tenant] = policy
    return GuardrailPolicies(as_model(replace(written, content=general), GuardrailPolicy, where, wrong), own)


def _merged(general: Mapping[str, Any], instead: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(general[name], value)
        for name, value in instead.items()
        if isinstance(value, dict) and isinstance(general.get(name), dict)
    }
    return {**general, **instead, **both}
