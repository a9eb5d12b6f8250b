"""What a reader may choose, and what a filled-in form changes about it; nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.delivery.wishes.ports import Form, Rules

EVERY = "all"
ANY, ON, OFF = "any", "on", "off"

Status = Literal["granted", "denied"]
Entry = tuple[str, str, Status]


@dataclass(frozen=True, slots=True)
class Way:
    """A channel that reaches the reader: whether it may be used, or was stopped for good."""

    channel: str
    on: bool
    stopped: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything as it stands."""

    ways: tuple[Way, ...]
    weekly: bool
    only_channel: str
    only_topic: str
    topics: tuple[str, ...]
    no_sale: bool
    objected: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """New entries of the ledger of consents, and new preferences."""

    consents: tuple[Entry, ...]
    preferences: tuple[tuple[str, str], ...]


def reached_by(kind: str, reader: Mapping[str, object]) -> bool:
    """Whether the reader has an address of that kind; what needs none reaches by itself, and is no choice here."""
    attributes = reader["attributes"] or {}
    assert isinstance(attributes, Mapping)
    return kind != "none" and bool(reader.get(kind) or attributes.get(kind))


def changes(before: Choices, form: Form, rules: Rules) -> Changes:
    """What the form says otherwise than it stands; a way that was stopped for good stays so whatever is ticked."""
    said = dict(form)
    ticked = {value for name, value in form if name == "way"}
    consents: list[Entry] = []
    for way in before.ways:
        wanted = way.channel in ticked
        if way.stopped or wanted == way.on:
            continue
        if wanted:
            consents.append((way.channel, rules.marketing[0], "granted"))
        else:
            consents += [(way.channel, purpose, "denied") for purpose in rules.marketing]
    if before.objected and any(status == "granted" for _, _, status in consents):
        consents.append((EVERY, rules.objection[0], "granted"))
    if rules.sale and (said.get("no_sale") == ON) != before.no_sale:
        consents.append((EVERY, rules.sale[0], "granted" if before.no_sale else "denied"))
    return Changes(tuple(consents), tuple(_preferences(before, said)))


def everything_stopped(before: Choices, rules: Rules) -> Sequence[Entry]:
    """The entries by which a reader wants no advertising at all any more."""
    ways: list[Entry] = [(way.channel, purpose, "denied") for way in before.ways for purpose in rules.marketing]
    objections: list[Entry] = [(EVERY, purpose, "denied") for purpose in rules.objection[:1]]
    return ways + objections


def _preferences(before: Choices, said: Mapping[str, str]) -> list[tuple[str, str]]:
    found = []
    if said.get("weekly") in (ON, OFF) and (said["weekly"] == ON) != before.weekly:
        found.append(("weekly_digest", said["weekly"]))
    channels, topics = {ANY, *(way.channel for way in before.ways)}, {ANY, *before.topics}
    for what, now, known in (
        ("only_channel", before.only_channel, channels),
        ("only_topic", before.only_topic, topics),
    ):
        if said.get(what) in known and said[what] != now:
            found.append((what, said[what]))
    return found
