"""Use cases of approval: ask for it, see where it stands, say yes or no."""

from __future__ import annotations

from datetime import datetime

import structlog

from pipelines.contracts import ENDED, Changed, Json, Refusal, ended_offer
from pipelines.database import Connection
from pipelines.discounts import discount_of
from pipelines.review import store
from pipelines.review.deciding import Decision, Standing, Via, office_for, same_person
from pipelines.review.policy import read_approval_policy, stages_needed
from pipelines.review.ports import Board

log = structlog.get_logger(__name__)

PAST = {"approve": "approved", "reject": "rejected"}
OVER = "Write a brief with a later day, or with none, and launch that."


def ask_for_approval(board: Board, tenant: str, campaign_id: str, *, by: str) -> Standing:
    """Ask whether exactly what the campaign holds now may be sent; asked already, it is the same request."""
    policy = read_approval_policy(board.policies)
    with board.database.transaction(tenant) as connection:
        campaign = store.campaign(connection, campaign_id)
        store.wait_to_ask(connection, campaign_id)
        _sweep(connection, campaign_id)
        there = store.what_stands(connection, campaign_id)
        if there["obstacle"]:
            raise Refusal(f"Campaign {campaign_id} cannot be asked to be approved: {there['obstacle']}.")
        if over := ended_offer(campaign["brief"], board.today()):
            raise Refusal(f"Campaign {campaign_id} cannot be asked to be approved. {over} {OVER}")
        before = store.standing(connection, campaign_id)
        same = before.approved_hash == there["hash"]
        if same and before.state in ("open", "approved"):
            return before
        if same and before.state == "rejected":
            raise Refusal(f"Campaign {campaign_id} was not changed since. {before.sentence}")
        offer = (campaign["brief"] or {}).get("offer") or {}
        discount = discount_of(str(offer.get("text") or ""), store.approvable_copy(connection, campaign_id))
        needs = stages_needed(discount, policy)
        with store.kept_by_the_database():
            store.ask(
                connection,
                {
                    "campaign_id": campaign_id, "approved_hash": there["hash"], "content": there["content"],
                    "needs": needs, "discount_percent": discount.percent, "policy_version": policy.version, "by": by,
                    "answer_within": policy.answer_within,
                },
                again=same,
            )  # fmt: skip
        reason = f"needs {', '.join(needs)}" + (f"; {discount.percent:f} % off" if discount.percent else "")
        if there["left_out"]:
            reason += f"; {there['left_out']} people have no cleared variant and are left out"
        store.escalate(connection, campaign_id, there["hash"], f"Campaign {campaign['name']} {reason}.")
        store.log(
            connection, "approval.ask", "asked", actor=by, reason=reason, about=campaign_id, campaign_id=campaign_id,
            content_hash=there["hash"], policy_version=policy.version,
        )  # fmt: skip
        asked = store.standing(connection, campaign_id)
    board.telling(tenant)
    return asked


def standing(board: Board, tenant: str, campaign_id: str) -> Standing:
    """Where the campaign stands now; what was changed since is made void, what nobody answered in time expires."""
    with board.database.transaction(tenant) as connection:
        store.campaign(connection, campaign_id)
        _sweep(connection, campaign_id)
        return store.standing(connection, campaign_id)


def approve(
    board: Board,
    tenant: str,
    campaign_id: str,
    *,
    by: str,
    comment: str = "",
    via: Via = "cli",
    seen: str | None = None,
) -> Standing:
    """Say yes for the stage that waits; with `seen`, only if that hash is still what stands."""
    return _decide(board, tenant, campaign_id, "approve", by.strip(), comment.strip(), via, seen)


def reject(
    board: Board, tenant: str, campaign_id: str, *, by: str, comment: str, via: Via = "cli", seen: str | None = None
) -> Standing:
    """Say no, with the reason; also to what was approved already."""
    return _decide(board, tenant, campaign_id, "reject", by.strip(), comment.strip(), via, seen)


def answered_in_airflow(
    board: Board,
    tenant: str,
    campaign_id: str,
    *,
    option: str,
    by: str,
    comment: str,
    at: datetime,
    asked_hash: str | None,
) -> Standing:
    """Take an answer given in Airflow like any other; one that may not be given is logged and changes nothing."""
    now = standing(board, tenant, campaign_id)
    if now.asked_at is None or at < now.asked_at:
        # A cleared task brings back what was answered to an earlier request.
        log.warning("answer_to_an_earlier_request", campaign_id=campaign_id, by=by, answered_at=at.isoformat())
        return now
    try:
        if option == "Approve":
            return approve(board, tenant, campaign_id, by=by, comment=comment, via="airflow", seen=asked_hash)
        reason = comment.strip() or "rejected in Airflow without a comment"
        return reject(board, tenant, campaign_id, by=by, comment=reason, via="airflow", seen=asked_hash)
    except Refusal:
        return standing(board, tenant, campaign_id)


def obstacle_for(board: Board, tenant: str, campaign_id: str, decision: Decision, *, by: str) -> str | None:
    """Why this person may not decide so now, in the sentence that an attempt would get; None if they may."""
    with board.database.transaction(tenant) as connection:
        now = store.standing(connection, campaign_id)
        if now.approved_hash is None:
            return now.sentence
        offices, made_it = store.person(connection, now, by)
    try:
        office_for(now, decision, by, offices, made_it=made_it)
    except Refusal as refusal:
        return str(refusal)
    return None


def who_may_answer(board: Board, tenant: str, campaign_id: str) -> list[str]:
    """Everybody who had no hand in the campaign and whose role decides one of its stages."""
    with board.database.transaction(tenant) as connection:
        return store.who_may_answer(connection, store.standing(connection, campaign_id))


def settled(board: Board, asked: Json | None) -> bool:
    """Whether the campaign that was asked about is approved; a question that is still open is a fault to mend."""
    if asked is None:
        raise Refusal("Nothing was asked, so nothing is approved; mend the task `ask` and clear it.")
    stands = standing(board, asked["tenant"], asked["campaign_id"])
    if not stands.final:
        raise Refusal(f"The gate ended before people answered. {stands.sentence} Clear the task `approve`.")
    log.info("approval_settled", campaign_id=stands.campaign_id, state=stands.state, sentence=stands.sentence)
    return stands.state == "approved"


def _decide(
    board: Board, tenant: str, campaign_id: str, decision: Decision, by: str, comment: str, via: Via, seen: str | None
) -> Standing:
    before = standing(board, tenant, campaign_id)
    if _given_already(before, decision, by):
        return before
    try:
        with board.database.transaction(tenant) as connection, store.kept_by_the_database():
            over = ended_offer(store.campaign(connection, campaign_id)["brief"], board.today())
            after = _answer(connection, before, decision, by, comment, via, seen, over)
    except Refusal as refusal:
        again = standing(board, tenant, campaign_id)
        if _given_already(again, decision, by):
            # The same click came twice at once.
            return again
        with board.database.transaction(tenant) as connection:
            store.log(
                connection, f"approval.{decision}", "refused", actor=by or "nobody", reason=str(refusal),
                about=campaign_id, campaign_id=campaign_id, content_hash=before.approved_hash,
            )  # fmt: skip
        raise
    return after


def _answer(
    connection: Connection, before: Standing, decision: Decision, by: str, comment: str, via: Via, seen: str | None,
    over: str | None,
) -> Standing:  # fmt: skip
    campaign_id = before.campaign_id
    if not by:
        raise Refusal("An answer needs the name of the person who gives it.")
    if decision == "reject" and not comment:
        raise Refusal(f"Say why campaign {campaign_id} is rejected; a rejection needs a comment.")
    if before.approved_hash is None:
        raise Refusal(f"Campaign {campaign_id} takes no answer: {before.sentence}")
    if seen is not None and seen != before.approved_hash:
        raise Changed(
            f"Campaign {campaign_id} was changed since you looked at it, and your answer was not taken: look again and "
            "decide anew."
        )
    if decision == "approve" and (ended := store.campaign(connection, campaign_id)["status"]) in ENDED:
        raise Refusal(f"Campaign {campaign_id} is {ended}, so nothing of it can be approved any more.")
    if decision == "approve" and over:
        raise Refusal(f"Campaign {campaign_id} cannot be approved any more. {over} {OVER}")
    offices, made_it = store.person(connection, before, by)
    office = office_for(before, decision, by, offices, made_it=made_it)
    store.answer(connection, before, office, by=by, decision=decision, comment=comment, via=via)
    after = store.standing(connection, campaign_id)
    if after.state in ("approved", "rejected"):
        store.settle_escalation(connection, campaign_id, by=by, settlement=after.state, note=comment or after.sentence)
    store.log(
        connection, f"approval.{decision}", PAST[decision], actor=by, about=f"{campaign_id} {office.stage}",
        reason=f"{office.stage} as {office.role}, by {via}" + (f": {comment}" if comment else ""),
        campaign_id=campaign_id, content_hash=before.approved_hash,
    )  # fmt: skip
    return after


def _given_already(standing: Standing, decision: Decision, by: str) -> bool:
    return standing.state in ("open", "approved", "rejected") and any(
        one.decision == decision and same_person(one.by, by) for one in standing.answers
    )


def _sweep(connection: Connection, campaign_id: str) -> None:
    for settled in store.sweep(connection, campaign_id):
        state = settled["state"]
        why = "nobody answered in time" if state == "expired" else "something was changed since"
        store.settle_escalation(connection, campaign_id, by=store.SYSTEM, settlement=state, note=why)
        store.log(
            connection, "approval.settle", state, actor=store.SYSTEM, reason=why, about=campaign_id,
            campaign_id=campaign_id, content_hash=settled["approved_hash"],
        )  # fmt: skip


def waiting(board: Board, tenant: str, *, limit: int = 200) -> list[Json]:
    """The newest campaigns of the tenant with where the approval of each stands and whose answer it waits for."""
    with board.database.transaction(tenant) as connection:
        store.require_tenant(connection, tenant)
        return store.queue(connection, limit)
