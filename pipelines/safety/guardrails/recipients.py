"""What the one statement about customers is given: the policy, the campaign and the moment as its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import sql

from pipelines.contracts import event_spellings
from pipelines.safety.guardrails.policy import GuardrailPolicy
from pipelines.safety.guardrails.quiet_hours import awake_at
from pipelines.safety.guardrails.reasons import BITS

# What SQL calls the address that a channel reaches people by; any other is an attribute of the customer.
ADDRESSES = {"email": sql.SQL("c.email"), "phone": sql.SQL("c.phone"), "none": sql.SQL("''")}


@dataclass(frozen=True, slots=True)
class Campaign:
    """What deciding needs to know of a campaign."""

    campaign_id: str
    channel: str
    status: str
    brief: Mapping[str, Any]
    unit_kind: str
    snapshot_id: str
    profiles_as_of: datetime

    def on(self, channel: str | None) -> Campaign:
        """The same campaign on this channel, or on its own."""
        return self if channel is None else replace(self, channel=channel)


def values_of(
    tenant: str,
    campaign: Campaign,
    policy: GuardrailPolicy,
    now: datetime,
    *,
    claiming: bool,
    released: tuple[str, ...],
    personas: Mapping[str, list[str]],
) -> dict[str, Any]:
    """The values of the statement; only `claiming`, at the moment of sending, is it night or a campaign stopped."""
    spam, vip, channel = policy.spam, policy.money.vip, policy.channels[campaign.channel]  # type: ignore[index]
    windows = {
        "capped_since": timedelta(days=spam.within_days),
        "chances_since": timedelta(days=spam.engagement.within_days),
        "bounces_since": timedelta(days=spam.soft_opt_out.within_days),
        "digest_since": timedelta(days=policy.digest_days),
        "day_since": timedelta(days=1),
    }
    disturbs = claiming and channel.quiet_hours
    return {
        **BITS,
        **{name: now - window for name, window in windows.items()},
        **_law(campaign.channel, policy, now),
        **(_night(policy, now) if disturbs else NO_NIGHT),
        "disturbs": disturbs,
        "stopped": claiming and campaign.status not in ("draft", "active"),
        "tenant": tenant,
        "sent_since": now - max(windows.values()),
        "now": now,
        "campaign_id": campaign.campaign_id,
        "snapshot_id": campaign.snapshot_id,
        "profiles_as_of": campaign.profiles_as_of,
        "channel": campaign.channel,
        "topic": campaign.brief.get("topic") or policy.topic,
        "marketing": list(policy.purposes.marketing),
        "objection": list(policy.purposes.objection),
        "sale": list(policy.purposes.sale),
        "forbidden_prefixes": [f"{prefix}%" for prefix in channel.forbidden_prefixes],
        "by_any_address": channel.address not in ("email", "phone"),
        "most_bounces": spam.soft_opt_out.hard_bounces,
        "bounce_names": event_spellings(spam.soft_opt_out.event_names),
        "messages": spam.messages,
        "engaged_above": spam.engagement.above,
        "chances": spam.engagement.chances,
        "campaigns_a_day": policy.rates.campaigns_a_day,
        "vip_above": vip.above,
        "vip_in_retention": vip.above_for_retention,
        "retention_stages": list(vip.retention_stages),
        "vips_released": campaign.campaign_id in released,
        "released": list(released),
        "personas": personas["personas"],
        "patterns": personas["patterns"],
    }


def addresses_of(channel: str, policy: GuardrailPolicy, *, any_erased: bool) -> dict[str, sql.Composable]:
    """The address of a channel, and by which addresses a suppression finds the person."""
    name = policy.channels[channel].address  # type: ignore[index]
    address = ADDRESSES.get(name) or sql.SQL("(c.attributes ->> {})").format(sql.Literal(name))
    first, second = (ADDRESSES[which] for which in (("phone", "email") if name == "phone" else ("email", "phone")))
    by_both = any_erased or name not in ("email", "phone")
    # Hashing a second address of everybody is dear; it is done only where something could be found by it.
    nothing = sql.SQL("NULL::text")
    return {"address": address, "first_address": first, "second_address": second if by_both else nothing}


def _law(channel: str, policy: GuardrailPolicy, now: datetime) -> dict[str, Any]:
    rows = [
        (country, channel in law.opt_in, years_before(now, law.consent_years), "|".join(law.sale_opt_out_regions))
        for law in policy.laws.values()
        for country in law.countries
    ]
    names = ("countries", "opt_in", "oldest", "sale_regions")
    listed = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return {**listed, "strict_oldest": years_before(now, policy.shortest_consent)}


def years_before(moment: datetime, years: int | None) -> datetime | None:
    """The same day so many years earlier, in UTC; 28 February where there is no 29th."""
    if years is None:
        return None
    there = moment.astimezone(UTC)
    try:
        return there.replace(year=there.year - years)
    except ValueError:
        return there.replace(year=there.year - years, day=28)


NO_NIGHT: dict[str, Any] = {"awake_zones": [], "asleep_zones": [], "awake_countries": [], "awake_anywhere": True}


def _night(policy: GuardrailPolicy, now: datetime) -> dict[str, Any]:
    awake = awake_at(now, policy.day, policy.zones_when_unknown)
    return {
        "awake_zones": list(awake.zones),
        "asleep_zones": list(awake.asleep),
        "awake_countries": list(awake.countries),
        "awake_anywhere": awake.anywhere,
    }
