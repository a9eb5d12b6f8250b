"""Use cases of the review queue: what waits, who let it pass or not, what expired, and that people are told."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from pipelines.contracts import Refusal
from pipelines.database import Connection
from pipelines.safety import store
from pipelines.safety.candidates import Row
from pipelines.safety.checkpoint import Checkpoint
from pipelines.safety.ports import NotDelivered, Notice

log = structlog.get_logger(__name__)


def queue(checkpoint: Checkpoint, tenant: str) -> list[Row]:
    """Everything that waits for a person, the most urgent first."""
    with checkpoint.database.transaction(tenant) as connection:
        store.require_tenant(connection)
        return list(store.open_escalations(connection, checkpoint.clock()))


def release(checkpoint: Checkpoint, tenant: str, what: str, *, by: str, reason: str) -> None:
    """Let pass what waits for a person, a text by its hash or a question by its id; logged as an override."""
    _settle(checkpoint, tenant, what, by, reason, "approved")


def reject(checkpoint: Checkpoint, tenant: str, what: str, *, by: str, reason: str) -> None:
    """Leave held what waits for a person."""
    _settle(checkpoint, tenant, what, by, reason, "rejected")


def _settle(checkpoint: Checkpoint, tenant: str, what: str, by: str, reason: str, settlement: str) -> None:
    who, why = by.strip(), reason.strip()
    if not who or not why:
        raise Refusal("Say who decides with --as and why with --reason.")
    with checkpoint.database.transaction(tenant) as connection:
        store.require_tenant(connection)
        question = store.question(connection, what, who)
        if question is None or question["kind"] == "content":
            text = question["object"] if question else what
            _settle_text(checkpoint, connection, text, who, why, settlement)
        else:
            _settle_question(checkpoint, connection, question, who, why, settlement)
    log.info("question_settled", tenant=tenant, what=what, by=who, settlement=settlement)


def _settle_text(
    checkpoint: Checkpoint, connection: Connection, content_hash: str, who: str, why: str, settlement: str
) -> None:
    found = store.screening_of(connection, content_hash, who)
    if found is None:
        raise Refusal(f"No text {content_hash} was screened under the policy in force; screen its campaign first.")
    if found["decision"] != "review" or found["released_by"]:
        state = f"was released by {found['released_by']}" if found["released_by"] else f"is a {found['decision']}"
        raise Refusal(f"The text {content_hash} waits for nobody: it {state} ({found['reason']})")
    if settlement == "approved" and found["own"]:
        raise Refusal(f"{who} made this text, and who made it cannot release it; ask somebody else.")
    # Whoever made it may take it back without any role.
    if not found["own"]:
        _require_role(checkpoint, connection, "content", found["category"] or "", who)
    version, now = found["policy_version"], checkpoint.clock()
    if settlement == "approved":
        store.release(connection, content_hash, version, who, why, now)
    if not store.settle_content(connection, content_hash, version, settlement, who, why, now):
        raise Refusal(
            f"The question about the text {content_hash} is closed: it was rejected, or nobody answered in time; "
            "edit the text, and it is screened again."
        )


def _settle_question(
    checkpoint: Checkpoint, connection: Connection, question: Row, who: str, why: str, settlement: str
) -> None:
    named, now = f"The question {question['escalation_id']}", checkpoint.clock()
    if question["kind"] == "approval":
        raise Refusal(f"{named} is about a whole campaign; answer it with `liftline review approve` or `reject`.")
    if question["settled_at"]:
        raise Refusal(f"{named} is closed: {question['settled_by']} said {question['settlement']}.")
    if question["due_at"] < now:
        raise Refusal(f"{named} was due on {question['due_at']:%Y-%m-%d %H:%M} UTC; silence counts as a no.")
    if settlement == "approved" and question["own"]:
        raise Refusal(f"{who} made this campaign, and who made it cannot answer for it; ask somebody else.")
    if not question["own"]:
        _require_role(checkpoint, connection, question["kind"], question["code"], who)
    store.settle_question(connection, question["escalation_id"], settlement, who, why, now)


def _require_role(checkpoint: Checkpoint, connection: Connection, kind: str, code: str, who: str) -> None:
    roles = checkpoint.queue.urgency(kind, code).roles
    if not store.has_role(connection, who, roles):
        raise Refusal(
            f"{who} may not answer this; it needs one of the roles {', '.join(roles)} "
            f"(`liftline access grant {who} --role ROLE --tenant …`)."
        )


def expire(checkpoint: Checkpoint, tenants: Iterable[str]) -> dict[str, int]:
    """Settle what nobody decided in time, as rejected; how many for each tenant that had any."""
    expired = {}
    for tenant in tenants:
        with checkpoint.database.transaction(tenant) as connection:
            if count := store.expire_overdue(connection, checkpoint.clock()):
                expired[tenant] = count
                log.info("escalations_expired", tenant=tenant, expired=count)
    return expired


def tell(checkpoint: Checkpoint, tenants: Iterable[str]) -> dict[str, int]:
    """Send every waiting notice of these tenants; raises NotDelivered at the end if some did not arrive."""
    sent, failed = {}, {}
    for tenant in tenants:
        delivered, fault = send_notices(checkpoint, tenant)
        if delivered:
            sent[tenant] = delivered
        if fault:
            failed[tenant] = fault
    if failed:
        first, why = next(iter(failed.items()))
        raise NotDelivered(f"Notices of {len(failed)} tenants wait, among them those of {first}: {why}")
    return sent


def send_notices(checkpoint: Checkpoint, tenant: str) -> tuple[int, str]:
    """Tell of what nobody was told of, one notice a campaign and kind; how many arrived, and what went wrong.

    A notice is marked after it arrived: whoever dies between is told twice, and nothing is ever lost.
    """
    sent, fault = 0, ""
    with store.only_teller(checkpoint.database, tenant) as session:
        if session is None:
            return 0, ""
        with session.transaction() as connection:
            waiting = store.untold(connection, checkpoint.clock())
        for row in waiting:
            try:
                checkpoint.notifier.tell(_notice(checkpoint, tenant, row))
            except NotDelivered as error:
                fault = str(error)
                log.warning("notice_not_delivered", tenant=tenant, notifier=checkpoint.notifier.name, error=fault)
                continue
            with session.transaction() as connection:
                store.told(connection, row["ids"], checkpoint.clock())
            sent += 1
    return sent, fault


def _notice(checkpoint: Checkpoint, tenant: str, row: Row) -> Notice:
    where = f"{checkpoint.public_url.rstrip('/')}/liftline/review?tenant={tenant}&kind={row['kind']}"
    return Notice(
        tenant_id=tenant,
        kind=row["kind"],
        campaign_id=row["campaign_id"],
        waiting=len(row["ids"]),
        priority=row["priority"],
        due_at=row["due_at"],
        link=f"{where}&campaign={row['campaign_id']}" if row["campaign_id"] else where,
    )
