"""Use cases: show what may be stopped or chosen, stop, choose, and answer an incoming text. Each counts at once.

What happens: a wish is one transaction with its entry in the audit ledger; said again, it changes nothing. Where the
database is away nothing was kept and the caller is told, so that a mail provider posts again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.delivery.unsubscribing import Claim, TokenRefused, read_token
from pipelines.delivery.wishes.choices import EVERY, Changes, Choices, Entry, changes, everything_stopped
from pipelines.delivery.wishes.lifting import answer_lift, ask_to_lift, lifts
from pipelines.delivery.wishes.ports import Form, Letterhead, Rules, WishBook
from pipelines.delivery.wishes.store import Row, Store, addresses, newest
from pipelines.delivery.wishes.texting import answer_text, says_a_wish
from pipelines.delivery.wishes.words import Words, words_for

__all__ = [
    "Leaflet", "TokenRefused", "WishBook", "Words", "answer_lift", "answer_text", "ask_to_lift", "banners_for",
    "choose", "leaflet", "lifts", "refusal_words", "says_a_wish", "stop", "stop_everything",
]  # fmt: skip

BANNERS = "web"


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What a public page shows: who writes, in which words, by which way, and how the reader's choices stand."""

    letterhead: Letterhead
    words: Words
    channel: str
    choices: Choices

    @property
    def stopped(self) -> bool:
        """Whether that way was stopped for good already."""
        return any(way.stopped for way in self.choices.ways if way.channel == self.channel)


@dataclass(frozen=True, slots=True)
class _Desk:
    """One reader before us, for the length of a transaction."""

    store: Store
    claim: Claim
    reader: Row
    rules: Rules
    letterhead: Letterhead
    words: Words

    def choices(self) -> Choices:
        return self.store.choices(self.reader, self.rules, came_by=self.claim.channel)

    def enter(self, entries: Iterable[Entry], how: str) -> None:
        message = self.claim.subject if self.claim.kind == "message" else None
        evidence = {"how": how, "message_id": message, "language": self.words.language}
        self.store.enter(self.reader, entries, wording=self.words.version, evidence=evidence)

    def leaflet(self) -> Leaflet:
        return Leaflet(self.letterhead, self.words, self.claim.channel, self.choices())


def leaflet(book: WishBook, token: str) -> Leaflet:
    """How it stands; nothing is changed by looking."""
    with _received(book, token) as desk:
        return desk.leaflet()


def stop(book: WishBook, token: str) -> Leaflet:
    """No more advertising by the way that the token names."""
    with _received(book, token) as desk:
        claim, store = desk.claim, desk.store
        purposes = list(dict.fromkeys((claim.purpose, *desk.rules.marketing)))
        held = addresses(desk.rules.reach.get(claim.channel, "none"), desk.reader)
        stopped_anew = store.suppress(held, claim.channel)
        said = store.said(desk.reader)
        open_ones = [each for each in purposes if newest(said, [each], claim.channel) != "denied"]
        desk.enter(((claim.channel, purpose, "denied") for purpose in open_ones), "unsubscribe link")
        if stopped_anew or open_ones:
            reason = f"Asked for by the link of a message, for {claim.purpose}."
            store.log("unsubscribe", "stopped", reason, _thing(claim), desk.reader)
        return desk.leaflet()


def choose(book: WishBook, token: str, form: Form) -> Leaflet:
    """Keep what the form says otherwise than it stands."""
    with _received(book, token) as desk:
        changed = changes(desk.choices(), form, desk.rules)
        if changed.consents or changed.preferences:
            desk.enter(changed.consents, "preference centre")
            desk.store.prefer(desk.reader, changed.preferences)
            desk.store.log("preferences", "changed", _told(changed), _thing(desk.claim), desk.reader)
        return desk.leaflet()


def banners_for(book: WishBook, token: str) -> tuple[str, str] | None:
    """The tenant and customer whose banners a page may show; None where the reader wants none."""
    with _received(book, token) as desk:
        held = addresses("none", desk.reader)
        stopped = desk.store.stopped(held, BANNERS)
        said = desk.store.said(desk.reader)
        denied = "denied" in (newest(said, desk.rules.marketing, BANNERS), newest(said, desk.rules.objection))
        return None if stopped or denied else (desk.claim.tenant, desk.reader["customer_id"])


def stop_everything(book: WishBook, token: str) -> Leaflet:
    """No more advertising by any way, to any address of the reader."""
    with _received(book, token) as desk:
        held = addresses("none", desk.reader)
        before = desk.choices()
        if desk.store.suppress(held, EVERY) or not before.objected:
            desk.enter(everything_stopped(before, desk.rules), "preference centre")
            reason = "Wants no advertising by any way."
            desk.store.log("unsubscribe", "stopped", reason, _thing(desk.claim), desk.reader)
        return desk.leaflet()


def refusal_words(language: str) -> Words:
    """The words for who comes with a token that is refused, in the language that their browser asks for."""
    return words_for(language, Letterhead("", "", ("en", "de")))


@contextmanager
def _received(book: WishBook, token: str) -> Iterator[_Desk]:
    now = book.clock()
    claim = read_token(book.key, token, now)
    rules, letterhead = book.rules_of(claim.tenant), book.letterhead_of(claim.tenant)
    with book.database.transaction(claim.tenant) as connection:
        store = Store(connection, now)
        reader = store.reader(claim)
        if reader is None:
            raise TokenRefused
        store.alone(reader["customer_id"])
        yield _Desk(store, claim, reader, rules, letterhead, words_for(reader["locale"], letterhead))


def _thing(claim: Claim) -> str:
    return f"message {claim.subject}" if claim.kind == "message" else f"channel {claim.channel}"


def _told(changed: Changes) -> str:
    said = [f"{purpose} by {channel}: {status}" for channel, purpose, status in changed.consents]
    said += [f"{what}: {value}" for what, value in changed.preferences]
    return "; ".join(said) + "."
