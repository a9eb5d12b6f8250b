"""Use cases: ask that a stop be lifted because the person wants messages again, and say yes or no to that.

A stop is never taken out of its ledger. Only a stop by unsubscribing is lifted, on one channel, by a word of the person
that is newer than each stop there, asked for by one officer and confirmed by another. The yes enters that word into the
ledger of consents; whatever is said after it stops again. The database keeps the same rules.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pipelines.contracts import Changed, Refusal
from pipelines.database import Connection, Database
from pipelines.delivery.wishes.choices import EVERY, Entry
from pipelines.delivery.wishes.ports import WishBook
from pipelines.delivery.wishes.store import Row, Store, newest

ASKS, ANSWERS = ("compliance",), ("compliance", "manager", "director")
SHOWN = 200
WHY: Mapping[str, str] = {
    "unknown_customer": "There is no customer {customer} with an address; look the id up under Customers.",
    "not_stopped": "Nothing stops {channel} to customer {customer}, so there is nothing to lift.",
    "erasure": "Customer {customer} was erased, and nothing brings them back.",
    "complaint": "Customer {customer} complained of a message, and a complaint is not lifted: write to them in person.",
    "manual": "An address of customer {customer} was blocked by hand, and that is not lifted: they may use another.",
    "hard_bounce": "Messages to customer {customer} came back for good; import the address that works instead.",
    "stopped_since": "Customer {customer} said stop at that moment or later; give the day and time of a newer word.",
    "shared": "The number of customer {customer} is another customer's too; give each a number of their own first.",
}


def ask_to_lift(
    book: WishBook, tenant: str, customer: str, channel: str, *, said_at: datetime, evidence: str, reason: str, by: str
) -> Row:
    """Ask that the stop of a customer on a channel be lifted; it holds until another officer says yes."""
    rules, now = book.rules_of(tenant), book.clock()
    if channel not in rules.reach:
        raise Refusal(f"There is no channel {channel}; name one of {', '.join(rules.reach)}.")
    told = {"evidence": evidence.strip(), "reason": reason.strip()}
    for name, words in told.items():
        if not words or "@" in words:
            raise Refusal(f"Give the {name} in words, without an address: the audit ledger names nobody by one.")
    if said_at > now:
        raise Refusal(f"{said_at:%Y-%m-%d %H:%M} is still to come; say when the person asked for messages again.")
    with book.database.transaction(tenant) as connection:
        _demand(connection, by, ASKS, tenant, "asks for a lift")
        store = Store(connection, now)
        reader = store.known(customer)
        who = reader["customer_id"]
        store.alone(who)
        why = store.one("why_no_lift", customer_id=who, channel=channel, said_at=said_at)["why"]
        if why:
            raise Refusal(WHY[why].format(customer=who, channel=channel))
        for one in _lifts(store, customer_id=who, waiting=True):
            if one["channel"] == channel:
                raise Refusal(f"{one['lift_id']} asks for that already; it waits for another officer's yes or no.")
        lift_id = f"lift-{uuid.uuid4().hex[:12]}"
        held = [address for address in (reader["email"], reader["phone"]) if address]
        store.run(
            "ask_to_lift", lift_id=lift_id, customer_id=who, channel=channel, purpose=rules.marketing[0],
            addresses=held, said_at=said_at, by=by, **told,
        )  # fmt: skip
        _log(store, by, "asked", f"{told['reason'].rstrip('.')}. Evidence: {told['evidence']}", lift_id, channel, who)
        return _lifts(store, lift_id=lift_id)[0]


def answer_lift(
    book: WishBook, tenant: str, lift_id: str, decision: Literal["approve", "reject"], *, by: str, comment: str = ""
) -> Row:
    """Say yes or no; a yes enters the person's word as a consent, and counts at the next claim."""
    with book.database.transaction(tenant) as connection:
        store = Store(connection, book.clock())
        found = _lifts(store, lift_id=lift_id)
        if not found:
            raise Refusal(f"There is no lift {lift_id}; `liftline customers lifts --tenant {tenant}` lists them.")
        (lift,) = found
        who = lift["customer_id"]
        store.alone(who)
        (lift,) = _lifts(store, lift_id=lift_id)
        if lift["decision"]:
            raise Changed(f"{lift_id} was answered by {lift['answered_by']} already.")
        if by.strip().lower() == lift["asked_by"].strip().lower():
            raise Refusal(f"{by} asked for {lift_id}, and who asked does not answer; another officer does.")
        _demand(connection, by, ANSWERS, tenant, "answers for a lift")
        if decision == "reject" and not comment.strip():
            raise Refusal("A no needs a comment, so that the person can be told why.")
        if "@" in comment:
            raise Refusal("Give the comment without an address: the audit ledger names nobody by one.")
        if decision == "approve":
            why = store.one("why_no_lift", customer_id=who, channel=lift["channel"], said_at=lift["said_at"])["why"]
            if why:
                raise Refusal(WHY[why].format(customer=who, channel=lift["channel"]))
            _enter(book, tenant, connection, store, lift)
        store.run("answer_lift", lift_id=lift_id, decision=decision, comment=comment.strip(), by=by)
        word = "lifted" if decision == "approve" else "refused"
        _log(store, by, word, comment.strip() or "The evidence was looked at.", lift_id, lift["channel"], who)
        return _lifts(store, lift_id=lift_id)[0]


def lifts(database: Database, tenant: str, *, customer: str | None = None, waiting: bool = False) -> list[Row]:
    """What was asked to be lifted, with its answers; those that wait first."""
    with database.transaction(tenant) as connection:
        return _lifts(Store(connection, None), customer_id=customer, waiting=waiting)


def _enter(book: WishBook, tenant: str, connection: Connection, store: Store, lift: Row) -> None:
    rules, reader = book.rules_of(tenant), store.known(lift["customer_id"])
    entries: list[Entry] = [(lift["channel"], lift["purpose"], "granted")]
    # As in the preference centre: who wants messages by one way again no longer objects to all.
    if newest(store.said(reader), rules.objection) == "denied":
        entries.append((EVERY, rules.objection[0], "granted"))
    evidence = {"how": lift["evidence"], "lift": lift["lift_id"]}
    Store(connection, lift["said_at"]).enter(reader, entries, wording="in their own words", evidence=evidence)


def _demand(connection: Connection, by: str, roles: tuple[str, ...], tenant: str, what: str) -> None:
    if not Store(connection, None).one("has_role", by=by, roles=list(roles))["held"]:
        names = " or ".join((", ".join(roles[:-1]), roles[-1])) if len(roles) > 1 else roles[0]
        raise Refusal(f"{by} has no role in {tenant} that {what}; that takes {names}.")


def _lifts(
    store: Store, *, lift_id: str | None = None, customer_id: str | None = None, waiting: bool = False
) -> list[Row]:
    return store.run("lifts", lift_id=lift_id, customer_id=customer_id, waiting=waiting, most=SHOWN)


def _log(store: Store, by: str, decision: str, reason: str, lift_id: str, channel: str, customer: str) -> None:
    told: dict[str, Any] = {"by": by, "decision": decision, "reason": reason, "object": f"{lift_id} {channel}"}
    store.run("log_lift", **told, subject_id=None if "@" in customer else customer)
