"""Answers to text and WhatsApp messages: STOP, START and HELP, for every tenant that shares the number.

One number sends for all tenants, and who answers STOP does not say whom they mean: it stops texts of all of them. One
confirmation is sent, the first time; the vendor's own (`handled`) counts as it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipelines.delivery.wishes.choices import Entry
from pipelines.delivery.wishes.ports import WishBook
from pipelines.delivery.wishes.store import Row, Store, newest
from pipelines.delivery.wishes.words import Words, words_for

STARTS, HELPS = frozenset({"start", "unstop"}), frozenset({"help", "info", "hilfe"})


def says_a_wish(book: WishBook, tenants: Iterable[str], text: str) -> bool:
    """Whether a text asks for something of `answer_text`, of any tenant; else it is an answer as people write them."""
    return _word(text) in STARTS | HELPS or any(book.rules_of(tenant).says_stop(text) for tenant in tenants)


def answer_text(
    book: WishBook, tenants: Iterable[str], *, phone: str, text: str, text_id: str, handled: bool,
    channel: str = "sms",
) -> str | None:  # fmt: skip
    """What to answer, if anything: each tenant honours the wish, and the first one that knows the number answers."""
    answers = list(_answers(book, tenants, _word(text), text, phone, text_id, channel))
    known = [sentence for knows, sentence in answers if knows]
    said = next(filter(None, known or [sentence for _, sentence in answers]), None)
    return None if handled else said


def _word(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _answers(
    book: WishBook, tenants: Iterable[str], word: str, text: str, phone: str, text_id: str, channel: str
) -> Iterator[tuple[bool, str | None]]:
    for tenant in tenants:
        rules, letterhead, now = book.rules_of(tenant), book.letterhead_of(tenant), book.clock()
        stops = rules.says_stop(text)
        if not (stops or word in STARTS or word in HELPS):
            continue
        with book.database.transaction(tenant) as connection:
            store = Store(connection, now)
            people = store.with_phone(phone)
            words = words_for(people[0]["locale"] if people else None, letterhead)
            if stops:
                said = _stopped(store, people, phone, rules.marketing, words, text_id, channel)
            elif word in STARTS:
                said = _started(store, people, phone, rules.marketing, words, text_id, channel)
            else:
                said = "text_help"
        yield bool(people), words.say(said, letterhead) if said else None


def _stopped(
    store: Store, people: list[Row], phone: str, purposes: tuple[str, ...], words: Words, text_id: str, channel: str
) -> str | None:
    anew = store.suppress([phone], channel)
    for person in people:
        store.alone(person["customer_id"])
        open_ones = [each for each in purposes if newest(store.said(person), [each], channel) != "denied"]
        if open_ones:
            entries: list[Entry] = [(channel, purpose, "denied") for purpose in open_ones]
            store.enter(person, entries, wording=words.version, evidence={"how": "text", "text_id": text_id})
            store.log("unsubscribe", "stopped", "Answered a text with a stop word.", f"channel {channel}", person)
    if anew and not people:
        store.log("unsubscribe", "stopped", "A stop word came from a number of no customer.", f"channel {channel}")
    return "text_stopped" if anew else None


def _started(
    store: Store, people: list[Row], phone: str, purposes: tuple[str, ...], words: Words, text_id: str, channel: str
) -> str | None:
    if store.stopped([phone], channel):
        return "text_stays_stopped"
    for person in people:
        store.alone(person["customer_id"])
        if newest(store.said(person), purposes, channel) != "granted":
            evidence = {"how": "text", "text_id": text_id}
            store.enter(person, [(channel, purposes[0], "granted")], wording=words.version, evidence=evidence)
            store.log("preferences", "changed", "Asked for texts by the word START.", f"channel {channel}", person)
    return "text_started" if people else None
