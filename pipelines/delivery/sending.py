"""Claim, hand over, enter what became of it, and again, until nothing is due or something says stop.

What can happen to a request, and what is done: accepted and refused messages are settled. Of a time-out, a 5xx, a
broken connection or an answer that cannot be understood nobody knows whether the messages left: they are `unknown` and
never sent again. A refused connection and a 429 were surely not accepted: they go back into the queue until the
provider wants to be asked again. Whoever dies between claim and settlement leaves claimed rows; another run puts them
in doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event

import polars as pl

from pipelines.contracts import Refusal
from pipelines.database import Session
from pipelines.delivery.claiming import Claim, Stop, claim, people_of
from pipelines.delivery.linking import Link, linked
from pipelines.delivery.mailing import Copy, Mailing, MailingChannel, mailing, messages_of
from pipelines.delivery.ports import Channel, OutboundMessage, Receipt, Sender
from pipelines.delivery.post import PostRoom
from pipelines.delivery.settling import close, settle, settle_lost
from pipelines.delivery.steering import steer
from pipelines.delivery.store import SYSTEM, Row, Store

# A name that is long may break these: a text that no longer fits is not sent.
HARD_LIMITS = ("sms", "whatsapp", "linkedin")
DEFAULT_TOPIC = "offers"
HALTED = Stop("halted", "The sending was interrupted.")
# Of several senders the one is believed who knows more than that another has taken, or stopped, everything.
SAYS_LESS = {"nothing_due": 0, "campaign_stopped": 1}


def send_what_is_due(
    post: PostRoom,
    tenant: str,
    campaign_id: str,
    *,
    by: str = SYSTEM,
    progress: Callable[[int], None] | None = None,
) -> Stop:
    """Send until nothing more may be sent now, by several senders at once; why it ended."""
    with post.database.session(tenant) as session:
        settle_lost(post, session, campaign_id)
    stops: list[Stop] = []
    halt = Event()
    with ThreadPoolExecutor(post.policy.senders_at_once) as pool:
        going = {
            pool.submit(_send, post, tenant, campaign_id, by, progress, halt)
            for _ in range(post.policy.senders_at_once)
        }
        try:
            while going:
                # By the second: a signal that another thread receives wakes nobody who waits for long.
                ended, going = wait(going, timeout=1, return_when=FIRST_EXCEPTION)
                stops += [sender.result() for sender in ended]
        finally:
            # Whoever is interrupted claims nothing more, and says first what became of what is claimed.
            halt.set()
    return max(stops, key=lambda stop: SAYS_LESS.get(stop.code, len(SAYS_LESS)))


def _send(
    post: PostRoom, tenant: str, campaign_id: str, by: str, progress: Callable[[int], None] | None, halt: Event
) -> Stop:
    with post.database.session(tenant) as session:
        press = _Press(post, session, campaign_id)
        while True:
            found = HALTED if halt.is_set() else claim(post, session, campaign_id, by=by)
            if isinstance(found, Stop):
                if not _worth_waiting(post, found):
                    return found
                continue
            failures = _hand_over(post, session, press, found, by)
            if progress:
                progress(len(found.messages))
            if failures >= post.policy.failures_in_a_row:
                return Stop("failures_in_a_row", f"{_in_a_row(failures)} The campaign is paused.")


def _worth_waiting(post: PostRoom, stop: Stop) -> bool:
    if stop.until is None:
        return False
    seconds = (stop.until - post.clock()).total_seconds()
    if seconds > post.policy.longest_wait_seconds:
        return False
    post.sleep(max(seconds, 0.01))
    return True


@dataclass
class _Press:
    """The texts of a campaign, each read, checked and linked once."""

    post: PostRoom
    session: Session
    campaign_id: str
    _copies: dict[tuple[str, int], tuple[Row, list[Link]] | None] = field(default_factory=dict)

    def text(self, campaign: Row, variant_id: str, version: int) -> tuple[Row, list[Link]] | None:
        """The text with its links; None where it is not the one that was approved."""
        key = (variant_id, version)
        if key not in self._copies:
            self._copies[key] = self._read(campaign, *key)
        return self._copies[key]

    def _read(self, campaign: Row, variant_id: str, version: int) -> tuple[Row, list[Link]] | None:
        with self.session.transaction() as connection:
            store = Store(connection, self.session.tenant, self.campaign_id)
            row = store.row("copies", variants=[variant_id], versions=[version])
            assert row is not None
            action = campaign["brief"]["call_to_action"]["link"]
            if self.post.wording.content_hash({**row, "link": action}) != row["content_hash"]:
                return None
            links = linked(self.campaign_id, row["channel"], (variant_id, version), action=action, html=row["html"])
            store.rows(
                "keep_links", variant_id=variant_id, version=version, ids=[link.link_id for link in links],
                kinds=[link.kind for link in links], urls=[link.url for link in links],
            )  # fmt: skip
        return row, links


def _hand_over(post: PostRoom, session: Session, press: _Press, claimed: Claim, by: str) -> int:
    """Every message of a claim to its channel, request by request; how many requests in a row have failed now."""
    if not claimed.messages:
        return 0
    try:
        channel = post.channels(claimed.campaign["channel"], session.tenant)
        ready = list(_mailings(post, press, claimed, people_of(post, session, claimed)))
    except Exception:
        # Nothing was asked for yet: what keeps us from asking, such as a broken brand file, costs nobody their message.
        _release(post, session, claimed, claimed.messages)
        close(session, claimed)
        raise
    failures, stopped = 0, False
    most = 1 if post.policy.one_per_request else channel.most_per_request
    for made, refused in ready:
        if refused:
            failures = settle(post, session, claimed, channel.name, refused, by=by)
        if stopped:
            _release(post, session, claimed, made.people["message_id"].to_list())
            continue
        for start in range(0, made.people.height, most):
            part = made.of(made.people.slice(start, most))
            if stopped or not _goes_on(post, session, claimed, channel.name):
                stopped = True
                _release(post, session, claimed, part.people["message_id"].to_list())
                continue
            try:
                receipts = deliver(post, channel, part)
            except Exception:
                _broken(post, session, claimed, channel.name, part, by)
                raise
            failures = settle(post, session, claimed, channel.name, receipts, by=by)
            broken = failures >= post.policy.failures_in_a_row
            if broken:
                # Before anything goes back into the queue, where another sender would find it.
                _pause(post, session.tenant, press.campaign_id, failures)
            stopped = broken or any(one.outcome == "retry" for one in receipts)
    close(session, claimed)
    return failures


def _broken(post: PostRoom, session: Session, claimed: Claim, channel: str, part: Mailing, by: str) -> None:
    """A fault of the channel itself: nobody knows of this request, and of the rest of the claim nothing was asked."""
    why = f"{channel} broke off over the request; the log says by what."
    lost = [Receipt(one, "unknown", None, "channel_broke", why) for one in part.people["message_id"]]
    failures = settle(post, session, claimed, channel, lost, by=by)
    if failures >= post.policy.failures_in_a_row:
        _pause(post, session.tenant, claimed.campaign["campaign_id"], failures)
    _release(post, session, claimed, claimed.messages)
    close(session, claimed)


def _pause(post: PostRoom, tenant: str, campaign_id: str, failures: int) -> None:
    # Whoever has ended the campaign meanwhile has stopped it for good.
    with suppress(Refusal):
        steer(
            post.database, tenant, campaign_id, "pause", by=SYSTEM, reason=_in_a_row(failures), now=post.clock()
        )  # fmt: skip


def _in_a_row(failures: int) -> str:
    return f"{failures} requests in a row failed."


def _mailings(
    post: PostRoom, press: _Press, claimed: Claim, everybody: pl.DataFrame
) -> Iterator[tuple[Mailing, list[Receipt]]]:
    """One mailing a text, with receipts of those who can get none."""
    tenant, campaign = press.session.tenant, claimed.campaign
    policy = post.policy.sender(tenant)
    sender = Sender(post.sender_name(tenant), policy.address, policy.reply_to or policy.address)
    constants = post.wording.constants(tenant, campaign["brief"])
    for people in everybody.partition_by("variant_id", "version", maintain_order=True):
        variant_id, version = people["variant_id"][0], int(people["version"][0])
        text = press.text(campaign, variant_id, version)
        if text is None:
            yield (
                _nobody(campaign, sender, people),
                _all_rejected(people, "content_changed", "The text is not the one whose hash was approved."),
            )
            continue
        row, links = text
        copy = Copy(
            variant_id, version, row["channel"], row["subject"], row["body"], row["html"], campaign["campaign_id"],
            campaign["brief"].get("topic") or DEFAULT_TOPIC,
        )  # fmt: skip
        made, missing = mailing(
            copy, people, wording=post.wording, constants=constants, links=links, sender=sender,
            public_url=post.public_url, tokens=post.tokens(tenant, row["channel"], people["message_id"].to_list()),
        )  # fmt: skip
        yield (
            made,
            [
                Receipt(
                    message_id, "rejected", None, "slot_empty", f"Nothing is known of this person for {{{{{slot}}}}}."
                )
                for message_id, slot in missing.iter_rows()
            ],
        )


def deliver(post: PostRoom, channel: Channel, made: Mailing) -> Sequence[Receipt]:
    """One request: a channel that takes a text with many people gets that, any other whole messages."""
    refused: list[Receipt] = []
    if isinstance(channel, MailingChannel):
        asked, receipts = made.people["message_id"].to_list(), list(channel.deliver_mailing(made))
    else:
        messages, refused = _fitting(post, messages_of(made))
        asked = [one.message_id for one in messages]
        receipts = list(channel.deliver(messages)) if messages else []
    answered = {one.message_id for one in receipts}
    silent = [
        Receipt(message_id, "unknown", None, "no_receipt", f"{channel.name} said nothing of this message.")
        for message_id in asked
        if message_id not in answered
    ]
    return [*receipts, *silent, *refused]


def _fitting(post: PostRoom, messages: list[OutboundMessage]) -> tuple[list[OutboundMessage], list[Receipt]]:
    if not messages or messages[0].channel not in HARD_LIMITS:
        return messages, []
    fit, refused = [], []
    for message in messages:
        try:
            fit.append(replace(message, text=post.wording.fitted(message.channel, message.text)))
        except Refusal as refusal:
            refused.append(Receipt(message.message_id, "rejected", None, "does_not_fit", str(refusal)))
    return fit, refused


def _goes_on(post: PostRoom, session: Session, claimed: Claim, provider: str) -> bool:
    """Whether nobody has stopped the campaign meanwhile or taken us for dead, and no other was told to wait."""
    channel = claimed.campaign["channel"]
    with session.transaction() as connection:
        store = Store(connection, session.tenant, claimed.campaign["campaign_id"])
        wait = store.row("provider_wait", channel=channel, provider=provider, now=post.clock())
        return wait is None and store.is_active() and store.row("claim_stands", batch_id=claimed.batch_id) is not None


def _release(post: PostRoom, session: Session, claimed: Claim, messages: list[str]) -> None:
    """Back into the queue what was claimed and surely not asked for."""
    with session.transaction() as connection:
        store = Store(connection, session.tenant, claimed.campaign["campaign_id"])
        known = {"batch_id": claimed.batch_id, "now": post.clock(), "until": None, "code": None, "reason": None}
        store.rows("back_to_queue", messages=messages, **known)
        if claimed.campaign["is_outreach"]:
            store.rows("tell_outreach", messages=messages)


def _all_rejected(people: pl.DataFrame, code: str, reason: str) -> list[Receipt]:
    return [Receipt(message_id, "rejected", None, code, reason) for message_id in people["message_id"]]


def _nobody(campaign: Row, sender: Sender, people: pl.DataFrame) -> Mailing:
    return Mailing(campaign["channel"], (), (), (), people.clear(), sender, {}, (), "")
