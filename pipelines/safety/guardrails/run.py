"""Use cases: decide on everybody in a campaign's audience, on one customer, and, at the moment of sending, on a few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipelines.contracts import TENANT_ID, Json, Refusal, no_such_tenant
from pipelines.database import Connection, Database
from pipelines.safety.guardrails.campaign import judge
from pipelines.safety.guardrails.decision_file import check_place, digest_of, write_whole
from pipelines.safety.guardrails.one_customer import CustomerDecision, of_one
from pipelines.safety.guardrails.policy import GuardrailPolicies, GuardrailPolicy
from pipelines.safety.guardrails.rates import room_left
from pipelines.safety.guardrails.reasons import MONEY, Outcome, outcome_of, sentence_of
from pipelines.safety.guardrails.recipients import Campaign
from pipelines.safety.guardrails.store import Remembered, Store
from pipelines.safety.guardrails.summary import (
    ACTION,
    EligibilitySummary,
    entry_of,
    reasons_of,
    run_of,
    says_more,
    thresholds_of,
)
from pipelines.safety.guardrails.verdicts import GuardrailVerdict, strictest

__all__ = [
    "CustomerDecision", "EligibilitySummary", "Gatehouse", "decide_audience", "decide_one", "foresee", "may_send_now",
    "newest_decisions", "room_this_hour", "verdicts_about", "verify_decisions", "watch_within",
]  # fmt: skip

MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Gatehouse:
    """What the guardrails are given: the database, the policies, how personas are told, and a clock."""

    database: Database
    policies: GuardrailPolicies
    personas: Mapping[str, list[str]]
    clock: Callable[[], datetime]
    remembered: Remembered = field(default_factory=dict)

    def policy(self, tenant: str) -> GuardrailPolicy:
        """What holds for the tenant."""
        if not TENANT_ID.fullmatch(tenant):
            raise no_such_tenant(tenant)
        return self.policies.of(tenant)


def decide_audience(
    gatehouse: Gatehouse, tenant: str, campaign_id: str, *, by: str, out: Path | None = None
) -> EligibilitySummary:
    """Decide on everybody in the audience, keep and log that as a run; the newest run stands where nothing changed.

    It also stands once something was sent: from then on each person is asked about when claimed, and whoever got a
    message may get no other for a while, which would void the approval for those who still wait.
    """
    policy, now = gatehouse.policy(tenant), gatehouse.clock()
    if out:
        check_place(out)
    with gatehouse.database.transaction(tenant) as connection:
        store = Store(connection, tenant)
        store.begin(campaign_id)
        campaign = store.campaign(campaign_id)
        counted = store.decide(campaign, policy, now, gatehouse.personas)
        verdicts = judge(store.facts(campaign, policy, now, counted), policy)
        store.name_outcomes(counted)
        run = run_of(campaign, policy, counted, verdicts, store.digest(), now=now, by=by)
        newest = store.newest_run(campaign_id)
        new = says_more(run, newest) and not (newest and store.has_begun(campaign_id))
        if new:
            run["run"] = newest["run"] + 1 if newest else 1
            store.keep_run(run)
            store.log(entry_of(run, policy, verdicts))
        kept = run if new else {**run, **(newest or {})}
        # Also where nothing changed: an answer may have expired, a paused campaign may have been resumed.
        asked = [store.ask(campaign_id, one, policy.escalations[one.asks], now) for one in verdicts if one.asks]
        paused = _pause(store, campaign_id, verdicts, policy, by)
        if out:
            write_whole(out, lambda file: store.write_decisions(campaign_id, kept["run"], file))
    told = ("run", "audience", "included", "excluded", "review", "digest", "policy_version", "snapshot_id")
    return EligibilitySummary(
        campaign_id=campaign_id,
        tenant=tenant,
        **{name: kept[name] for name in told},
        as_of=kept["as_of"].isoformat(),
        new=new,
        reasons=reasons_of(counted),
        decision=strictest(verdicts),
        guardrails=[verdict.to_json() for verdict in verdicts],
        asked=[escalation for escalation in asked if escalation],
        paused=paused,
        file=out,
    )


def _pause(
    store: Store, campaign_id: str, verdicts: Iterable[GuardrailVerdict], policy: GuardrailPolicy, by: str
) -> bool:
    stopping = next((verdict for verdict in verdicts if verdict.stops), None)
    if stopping is None or not store.pause(campaign_id):
        return False
    store.log(
        {
            "by": by, "action": "pause", "object": f"campaign {campaign_id}", "campaign_id": campaign_id,
            "decision": "paused", "reason": stopping.sentence, "policy_version": policy.version,
            "thresholds": thresholds_of(policy), "guardrails": {stopping.guardrail: stopping.to_json()},
        }
    )  # fmt: skip
    return True


def foresee(
    gatehouse: Gatehouse, tenant: str, *, channel: str, unit_kind: str, units: Sequence[str], snapshot_id: str,
    topic: str | None = None,
) -> Json:  # fmt: skip
    """Whom of these units, or of all, a campaign on this channel could write to now, and why not; nothing is kept."""
    policy, now = gatehouse.policy(tenant), gatehouse.clock()
    with gatehouse.database.transaction(tenant) as connection:
        store = Store(connection, tenant)
        as_of = store.profiles_as_of(snapshot_id)
        store.foresee(unit_kind, units, snapshot_id, gatehouse.personas)
        campaign = Campaign("", channel, "draft", {"topic": topic}, unit_kind, snapshot_id, as_of)
        counted = store.decide(campaign, policy, now, gatehouse.personas)
    by_verdict = {"included": 0, "excluded": 0, "review": 0}
    for mask, customers, _ in counted:
        by_verdict[outcome_of(mask).verdict] += customers
    reasons = [one for one in reasons_of(counted) if one["customers"]]
    return {"audience": sum(by_verdict.values()), **by_verdict, "reasons": reasons}


def newest_decisions(gatehouse: Gatehouse, tenant: str, campaign_id: str) -> Json | None:
    """How a campaign's audience was decided on last, each reason with its sentence; None if nobody decided yet."""
    with gatehouse.database.transaction(tenant) as connection:
        run = Store(connection, tenant).newest_run(campaign_id)
    if run is None:
        return None
    told = [
        {"code": code, "sentence": sentence_of(code), "customers": customers}
        for code, customers in sorted(run["reasons"].items(), key=lambda one: -one[1])
    ]
    return {**run, "reasons": told}


def verdicts_about(gatehouse: Gatehouse, tenant: str, customers: Sequence[str], *, most: int = 20) -> list[Json]:
    """What each campaign decided last about somebody of these ids, the newest first, each with its sentence."""
    with gatehouse.database.transaction(tenant) as connection:
        rows = Store(connection, tenant).verdicts_about(customers, most)
    return [{**row, "sentence": sentence_of(row["code"])} for row in rows]


def decide_one(gatehouse: Gatehouse, tenant: str, campaign_id: str, customer_id: str, *, by: str) -> CustomerDecision:
    """Decide on one customer now and log it; of the campaign as a whole its newest run speaks."""
    policy, now = gatehouse.policy(tenant), gatehouse.clock()
    with gatehouse.database.transaction(tenant) as connection:
        store = Store(connection, tenant)
        campaign, newest = store.campaign(campaign_id), store.newest_run(campaign_id)
        if newest is None:
            raise Refusal(f"Nobody decided on campaign {campaign_id} yet; run `liftline safety eligibility` first.")
        masks = store.decide_now(campaign, policy, now, gatehouse.personas, [customer_id])
        if customer_id not in masks:
            raise Refusal(f"{customer_id} is not in the audience of campaign {campaign_id}; check the id.")
        general = [GuardrailVerdict(**one) for one in newest["guardrails"]]
        decided = of_one(campaign_id, customer_id, outcome_of(masks[customer_id]), general)
        # The ledger names nobody by an address.
        named = None if "@" in customer_id else customer_id
        store.log(
            {
                "by": by, "action": f"{ACTION}.one", "object": f"customer {named or 'known by an address'}",
                "subject_id": named,
                "campaign_id": campaign_id, "decision": decided.verdict, "reason": decided.sentence,
                "policy_version": policy.version, "thresholds": thresholds_of(policy),
                "guardrails": {
                    "run": newest["run"], "codes": decided.codes,
                    **{one.guardrail: f"{one.decision}: {one.code}" for one in decided.guardrails},
                },
            }
        )  # fmt: skip
    return decided


def may_send_now(
    gatehouse: Gatehouse,
    connection: Connection,
    tenant: str,
    campaign_id: str,
    customers: Sequence[str],
    *,
    channel: str | None = None,
) -> dict[str, Outcome]:
    """Who of these may be sent to at this moment, for the transaction that claims their messages; each gets an answer.

    The same rules as for the whole audience, and besides: the campaign goes on, and it is day where the person lives
    (`later` where it is not). A step of a journey may go over another `channel` than the campaign's, and is judged for
    that one. Ask before their rows in `sends` leave the state `queued`.
    """
    if len(customers) > MOST_AT_ONCE:
        raise Refusal(f"{len(customers)} customers are too many to decide on at once; ask for {MOST_AT_ONCE} at most.")
    store = Store(connection, tenant)
    campaign = store.campaign(campaign_id).on(channel)
    masks = store.decide_now(campaign, gatehouse.policy(tenant), gatehouse.clock(), gatehouse.personas, customers)
    stranger = Outcome("excluded", "unknown_customer", ("unknown_customer",))
    return {customer: outcome_of(masks[customer]) if customer in masks else stranger for customer in customers}


def watch_within(
    gatehouse: Gatehouse, connection: Connection, tenant: str, campaign_id: str, *, by: str, channel: str | None = None
) -> int:
    """How many messages may be claimed now: none where reputation or a budget has just stopped the campaign.

    For the transaction that claims, in which what others claimed before counts; what stops the campaign is logged and
    put to a person.
    """
    policy, now = gatehouse.policy(tenant), gatehouse.clock()
    store = Store(connection, tenant)
    facts = store.facts(store.campaign(campaign_id).on(channel), policy, now, (), gatehouse.remembered)
    stopping = [verdict for verdict in judge(facts, policy) if verdict.stops]
    if stopping and all(verdict.guardrail == MONEY for verdict in stopping) and store.any_claim_open(campaign_id):
        # A pause would take back what the budget was spent on; whoever settles the last of it comes here again.
        return 0
    for verdict in stopping:
        if verdict.asks:
            store.ask(campaign_id, verdict, policy.escalations[verdict.asks], now)
    _pause(store, campaign_id, stopping, policy, by)
    return 0 if stopping else room_left(policy.rates.messages_an_hour, facts.this_hour)


def room_this_hour(gatehouse: Gatehouse, connection: Connection, tenant: str) -> int:
    """How many messages the hourly limit leaves to all tenants now, within the transaction that claims."""
    used = Store(connection, tenant).claimed_this_hour(gatehouse.clock(), gatehouse.remembered)
    return room_left(gatehouse.policy(tenant).rates.messages_an_hour, used)


def verify_decisions(gatehouse: Gatehouse, tenant: str, campaign_id: str, file: Path) -> int:
    """The entry of the audit ledger that holds the digest of this file; a refusal where none does."""
    digest = digest_of(file)
    gatehouse.policy(tenant)
    with gatehouse.database.transaction(tenant) as connection:
        logged = Store(connection, tenant).logged(campaign_id)
    if digest not in logged:
        raise Refusal(
            f"No entry of the audit ledger holds the digest of {file} for campaign {campaign_id}: a decision in it was "
            "changed, removed, added or moved."
        )
    return logged[digest]
