"""Use cases: screen the variants of a campaign, or single ones after an edit, and prove that none was left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import structlog

from pipelines.contracts import Json, Refusal
from pipelines.database import Connection
from pipelines.safety import store
from pipelines.safety.candidates import Row, context_of, valid_until, withdrawn_citations
from pipelines.safety.checkpoint import Checkpoint, policy_version
from pipelines.safety.claims import groundless
from pipelines.safety.judging import Decided, judged, texts_of
from pipelines.safety.ports import CATEGORIES, Severities, undecided
from pipelines.safety.queue_policy import QueuePolicy
from pipelines.safety.registry import examine
from pipelines.safety.review_queue import send_notices
from pipelines.safety.screening import DECISIONS, answers

log = structlog.get_logger(__name__)

AT_ONCE = 500
Progress = Callable[[int, int], None]


class Undecided(Exception):
    """Some variants could not be judged; they stay blocked, and another try may decide them."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where a campaign stands under the policy in force: screened = passed + reviewed + blocked."""

    campaign_id: str
    policy_version: str
    screen: str
    screen_version: str
    variants: int
    screened: int
    passed: int
    reviewed: int
    blocked: int
    undecided: int
    cleared: int
    unscreened: int
    screened_now: int
    seconds: float

    def to_json(self) -> Json:
        """For machines."""
        return asdict(self)


def screen_campaign(
    checkpoint: Checkpoint, tenant: str, campaign_id: str, *, progress: Progress | None = None
) -> Coverage:
    """Screen every newest drafted variant that has no decision under the policy in force; the rest is left alone."""
    started = time.monotonic()
    version = policy_version(checkpoint, tenant)
    with checkpoint.database.transaction(tenant) as connection:
        store.require_campaign(connection, campaign_id)
        _bring_into_force(checkpoint, connection, tenant, version)
        which = store.unscreened(connection, version, campaign_id=campaign_id)
    _screen(checkpoint, tenant, which, version, progress)
    with checkpoint.database.transaction(tenant) as connection:
        store.void_stale(connection, campaign_id, checkpoint.clock())
        found = store.coverage(connection, campaign_id)
    send_notices(checkpoint, tenant)
    summary = Coverage(
        campaign_id=campaign_id,
        screen=checkpoint.screen.name,
        screen_version=checkpoint.screen.version,
        screened_now=len(which),
        seconds=round(time.monotonic() - started, 3),
        **{**found, "policy_version": found["policy_version"] or version},
    )
    told = summary.to_json()
    log.info("campaign_screened", tenant=tenant, **{name: told[name] for name in told if name != "screen_version"})
    return summary


def screen_variants(checkpoint: Checkpoint, tenant: str, variant_ids: Sequence[str]) -> list[Row]:
    """Screen the newest versions of these variants at once, as after an edit; what was decided on each of them."""
    version = policy_version(checkpoint, tenant)
    with checkpoint.database.transaction(tenant) as connection:
        store.require_tenant(connection)
        _bring_into_force(checkpoint, connection, tenant, version)
        which = store.unscreened(connection, version, variant_ids=variant_ids)
    _screen(checkpoint, tenant, which, version, None)
    with checkpoint.database.transaction(tenant) as connection:
        rows = store.screened(connection, variant_ids=variant_ids)
        for campaign_id in sorted({row["campaign_id"] for row in rows}):
            store.void_stale(connection, campaign_id, checkpoint.clock())
    send_notices(checkpoint, tenant)
    return list(rows)


def screened(checkpoint: Checkpoint, tenant: str, campaign_id: str) -> list[Row]:
    """The newest drafted variants of a campaign with what was decided on each of them."""
    with checkpoint.database.transaction(tenant) as connection:
        store.require_campaign(connection, campaign_id)
        return list(store.screened(connection, campaign_id=campaign_id))


def require_coverage(coverage: Coverage) -> None:
    """Let a campaign go on only if every variant was screened and judged."""
    if not coverage.variants:
        raise Refusal(f"Campaign {coverage.campaign_id} has no drafted variant; `liftline generation show` says why.")
    if coverage.unscreened or coverage.screened != coverage.passed + coverage.reviewed + coverage.blocked:
        raise Refusal(
            f"{coverage.unscreened} of {coverage.variants} variants of campaign {coverage.campaign_id} were not "
            "screened under the policy in force; screen it again once nobody edits it."
        )
    if coverage.undecided:
        raise Undecided(
            f"{coverage.undecided} of {coverage.variants} variants of campaign {coverage.campaign_id} could not be "
            f"judged and stay blocked; `liftline doctor` says whether the screen {coverage.screen} answers; what "
            "cites withdrawn or expired content passes once that is approved again, or is drafted anew with `liftline "
            "generation draft --again`."
        )


def _bring_into_force(checkpoint: Checkpoint, connection: Connection, tenant: str, version: str) -> None:
    screen = f"screen {checkpoint.screen.name} {checkpoint.screen.version}"
    store.bring_into_force(connection, version, _thresholds(checkpoint, tenant), screen, checkpoint.clock())


def _thresholds(checkpoint: Checkpoint, tenant: str) -> Json:
    policy, screen = checkpoint.policy, checkpoint.screen.name
    return {category: policy.threshold(category, screen, tenant).model_dump() for category in CATEGORIES}


def _screen(checkpoint: Checkpoint, tenant: str, which: store.Which, version: str, progress: Progress | None) -> None:
    done = 0
    for some in which.cut(AT_ONCE):
        with checkpoint.database.transaction(tenant) as connection:
            rows = store.candidates(connection, some, version, checkpoint.clock())
            locales = store.recipient_locales(connection, some)
        decided = _decided(checkpoint, tenant, [row for row in rows if not row["decided"]], locales)
        _keep(checkpoint, tenant, some, version, decided)
        done += len(some)
        if progress:
            progress(done, len(which))


def _decided(checkpoint: Checkpoint, tenant: str, rows: Sequence[Row], locales: store.Locales) -> list[Json]:
    """A row a text, by everything that the checks and the screen say of it."""
    brand = checkpoint.brand_of(tenant)
    contexts = [
        context_of(row, brand, locales.get((row["campaign_id"], row["unit_kind"], row["unit_id"]), ())) for row in rows
    ]
    read = [texts_of(context) for context in contexts]
    answered = _answers(checkpoint, [text for texts in read for _, text in texts])
    doubts = groundless(rows, checkpoint.screen)
    decided: dict[str, Json] = {}
    for row, context, texts, doubt in zip(rows, contexts, read, doubts, strict=True):
        found = (*withdrawn_citations(row), *examine(context, checkpoint.rules), *doubt)
        said, policy, screen = [answered[text] for _, text in texts], checkpoint.policy, checkpoint.screen
        outcome = judged([place for place, _ in texts], said, found, policy, screen, tenant)
        told = _told(row, outcome)
        known = decided.setdefault(row["content_hash"], told)
        # The same text for other people: whatever is held against it anywhere counts.
        if DECISIONS.index(told["decision"]) > DECISIONS.index(known["decision"]):
            decided[row["content_hash"]] = told
    return list(decided.values())


def _answers(checkpoint: Checkpoint, texts: Sequence[str]) -> dict[str, Severities]:
    """What the screen says of each text, asked for all of them at once; a screen that fails has said nothing."""
    different = list(dict.fromkeys(texts))
    try:
        said = answers(different, checkpoint.screen, checkpoint.policy) if different else []
    except Exception as error:  # noqa: BLE001 - whatever went wrong, nothing was judged
        log.error("screen_failed", screen=checkpoint.screen.name, error=type(error).__name__)
        said = [undecided("screen_failed", type(error).__name__)] * len(different)
    return dict(zip(different, said, strict=True))


def _told(row: Row, outcome: Decided) -> Json:
    """As it is stored."""
    ends = valid_until(row["ends_on"])
    return {
        "content_hash": row["content_hash"],
        "decision": outcome.decision,
        "undecided": outcome.undecided,
        "category": outcome.category,
        "severity": outcome.severity,
        "severities": outcome.severities,
        "blocklist_hits": list(outcome.blocklist_hits),
        "findings": [
            {
                "check": one.check, "code": one.code, "decision": one.severity, "sentence": one.sentence,
                "evidence": one.evidence,
            }
            for one in outcome.findings
        ],
        "reason": outcome.reason,
        "valid_until": ends.isoformat() if ends else None,
    }  # fmt: skip


def _keep(checkpoint: Checkpoint, tenant: str, which: store.Which, version: str, decided: list[Json]) -> None:
    """Store, log and escalate in one transaction: a decision that cannot be logged is not taken."""
    now, screen = checkpoint.clock(), checkpoint.screen
    judge = {"policy_version": version, "screen": screen.name, "screen_version": screen.version, "now": now}
    with checkpoint.database.transaction(tenant) as connection:
        fresh = store.keep_screenings(connection, decided, judge)
        listed = store.keep_screened_variants(connection, which, judge)
        store.log_screenings(connection, listed, fresh, judge, _thresholds(checkpoint, tenant))
        waiting = store.to_escalate(connection, listed, fresh, version)
        store.escalate(connection, [_escalation(row, checkpoint.queue, now) for row in waiting], now)


def _escalation(row: Row, queue: QueuePolicy, now: datetime) -> Json:
    urgency = queue.urgency("content", row["code"])
    return {
        "kind": "content",
        "campaign_id": row["campaign_id"],
        "object": row["content_hash"],
        "code": row["code"],
        "reason": row["reason"],
        "priority": urgency.priority,
        "due_at": now + urgency.patience,
    }
