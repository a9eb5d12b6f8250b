"""One text to many people, by columns: what is the same for all is said once, what is not is a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import polars as pl

from pipelines.delivery.linking import Link, tracked
from pipelines.delivery.ports import OutboundMessage, Receipt, Sender
from pipelines.delivery.post import Part, Wording

UNSUBSCRIBE, PREFERENCES = "unsubscribe.link", "preferences.link"
ONE_CLICK = "List-Unsubscribe=One-Click"
SLOT_COLUMNS = {
    "contact.first_name": "first_name", "contact.last_name": "last_name", "contact.company": "company",
    "contact.job_title": "job_title", "contact.city": "city", "contact.country": "country",
    "account.name": "account_name",
}  # fmt: skip
# Cleaning leaves these as they are: composed letters, digits, single blanks inside, nothing that could lead anywhere.
PLAIN = r"^[A-Za-z0-9À-ÖØ-öø-ƿ](?:[A-Za-z0-9À-ÖØ-öø-ƿ' -]{0,38}[A-Za-z0-9À-ÖØ-öø-ƿ])?$"
NOT_PLAIN = r"  |\d(?:[ -]?\d){6}|^(?i:null|none|nan|undefined|unknown)$"
SPECIAL = r"""[&<>"']"""


@dataclass(frozen=True, slots=True)
class Mailing:
    """A text cut at its places, and people with `message_id`, `address` and a column for each place.

    A literal piece is a text, a place the name of its column. Columns of the page are escaped for HTML.
    """

    channel: str
    subject: tuple[str | Place, ...]
    text: tuple[str | Place, ...]
    html: tuple[str | Place, ...]
    people: pl.DataFrame
    sender: Sender
    headers: Mapping[str, str]
    categories: tuple[str, ...]
    topic: str

    def of(self, people: pl.DataFrame) -> Mailing:
        """The same text to these people."""
        return replace(self, people=people)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column stands."""

    column: str


@runtime_checkable
class MailingChannel(Protocol):
    """A channel that takes one text with many people in one request."""

    def deliver_mailing(self, made: Mailing) -> Sequence[Receipt]:
        """One receipt a message, in any order; it never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Copy:
    """A text as it was approved, with what the campaign says of it."""

    variant_id: str
    version: int
    channel: str
    subject: str
    text: str
    html: str
    campaign_id: str
    topic: str


def mailing(
    copy: Copy,
    people: pl.DataFrame,
    *,
    wording: Wording,
    constants: Mapping[str, str],
    links: list[Link],
    sender: Sender,
    public_url: str,
    tokens: Sequence[str],
) -> tuple[Mailing, pl.DataFrame]:
    """The mailing, and those for whom a slot has neither a value nor a fallback, with `slot` that is missing."""
    action = next(link.tracked for link in links if link.kind == "action")
    known = {**constants, "campaign.link": action}
    by_person = _by_person(people, public_url, tokens)
    compiled = _Compiling(wording, known, by_person)
    subject = compiled.cut(copy.subject, html=False)
    text = compiled.cut(copy.text, html=False)
    page = compiled.cut(tracked(copy.html, links), html=True) if copy.html else ()
    headers: dict[str, str] = {}
    if copy.channel == "email":
        headers["List-Unsubscribe-Post"] = ONE_CLICK
    columns = {"message_id": people["message_id"], "address": people["address"], "unsubscribe": by_person[UNSUBSCRIBE]}
    frame = pl.DataFrame({**columns, **compiled.columns})
    missing = compiled.missing(people)
    if missing.height:
        frame = frame.join(missing, on="message_id", how="anti", maintain_order="left")
    # Nothing in a category tells who somebody is: providers keep them for ever.
    categories = (f"campaign:{copy.campaign_id}"[:255], f"variant:{copy.variant_id}"[:255])
    made = Mailing(copy.channel, subject, text, page, frame, sender, headers, categories, copy.topic)
    return made, missing


def _by_person(people: pl.DataFrame, public_url: str, tokens: Sequence[str]) -> dict[str, pl.Series]:
    columns = {slot: people[column] for slot, column in SLOT_COLUMNS.items()}
    full = pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True).replace("", None)
    columns["contact.name"] = people.select(full.alias("name"))["name"]
    token = pl.Series("token", tokens, dtype=pl.String)
    columns[UNSUBSCRIBE], columns[PREFERENCES] = f"{public_url}/u/" + token, f"{public_url}/p/" + token
    return columns


class _Compiling:
    """Cuts texts at their slots; each slot with its fallback becomes one column, for pages another."""

    def __init__(self, wording: Wording, known: Mapping[str, str], by_person: Mapping[str, pl.Series]) -> None:
        self._wording, self._known, self._by_person = wording, known, by_person
        self.columns: dict[str, pl.Series] = {}
        self._clean: dict[str, pl.Series] = {}
        self._names: dict[tuple[str, str | None, bool], str] = {}

    def cut(self, text: str, *, html: bool) -> tuple[str | Place, ...]:
        """Literal pieces and places in turn; what is the same for all readers is literal."""
        pieces: list[str | Place] = []
        for part in self._wording.parts(text):
            piece = part if isinstance(part, str) else self._piece(part, html)
            if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
                pieces[-1] += piece
            else:
                pieces.append(piece)
        return tuple(pieces)

    def _piece(self, part: Part, html: bool) -> str | Place:
        slot, fallback = part[0], part[1]
        if slot in self._known:
            value = self._wording.cleaned(slot, [self._known[slot]])[0] or fallback or ""
            return _escaped_text(value) if html else value
        plain = self._place((slot, fallback, False), lambda: self._filled(slot, fallback))
        if not html or not self.columns[plain].str.contains(SPECIAL).any():
            return Place(plain)
        return Place(self._place((slot, fallback, True), lambda: _escaped(self.columns[plain])))

    def _place(self, key: tuple[str, str | None, bool], column: Callable[[], pl.Series]) -> str:
        if key not in self._names:
            self._names[key] = f"place{len(self._names)}"
            self.columns[self._names[key]] = column()
        return self._names[key]

    def _filled(self, slot: str, fallback: str | None) -> pl.Series:
        column = self._cleaned(slot)
        return column if fallback is None or not column.null_count() else column.fill_null(fallback)

    def _cleaned(self, slot: str) -> pl.Series:
        if slot not in self._clean:
            column = self._by_person[slot]
            self._clean[slot] = column if slot in (UNSUBSCRIBE, PREFERENCES) else cleaned(column, slot, self._wording)
        return self._clean[slot]

    def missing(self, people: pl.DataFrame) -> pl.DataFrame:
        """Those for whom a place stays empty."""
        frame = pl.DataFrame({"message_id": people["message_id"], **self.columns})
        slots = {name: slot for (slot, _, _), name in self._names.items()}
        named = [pl.when(pl.col(name).is_null()).then(pl.lit(slot)) for name, slot in slots.items()]
        if not named:
            return frame.select("message_id", slot=pl.lit("")).clear()
        return frame.select("message_id", slot=pl.coalesce(named)).filter(pl.col("slot").is_not_null())


def cleaned(column: pl.Series, slot: str, wording: Wording) -> pl.Series:
    """The column with what may stand in the slot; only what is not plain is looked at value by value."""
    plain = column.str.contains(PLAIN) & ~column.str.contains(NOT_PLAIN)
    strange = column.filter(~plain).drop_nulls().unique()
    if strange.is_empty():
        return column
    values = strange.to_list()
    found = wording.cleaned(slot, values)
    told = pl.DataFrame(
        {"value": values, "clean": found, "strange": True},
        schema={"value": pl.String, "clean": pl.String, "strange": pl.Boolean},
    )
    joined = pl.DataFrame({"value": column}).join(told, on="value", how="left", maintain_order="left")
    return joined.select(pl.when(pl.col("strange")).then("clean").otherwise("value").alias("value"))["value"]


def messages_of(made: Mailing) -> list[OutboundMessage]:
    """Each message whole, for a channel that takes them one by one."""
    whole = made.people.select(
        "message_id", "address", "unsubscribe",
        subject=_whole(made.subject), text=_whole(made.text), html=_whole(made.html),
    )  # fmt: skip
    email = made.channel == "email"
    return [
        OutboundMessage(
            message_id=message_id, channel=made.channel, address=address, subject=subject, text=text, html=html,
            headers={**made.headers, "List-Unsubscribe": f"<{link}>"} if email else made.headers,
            sender=made.sender, send_at=None, categories=made.categories, topic=made.topic,
        )
        for message_id, address, link, subject, text, html in whole.iter_rows()
    ]  # fmt: skip


def _whole(pieces: tuple[str | Place, ...]) -> pl.Expr:
    if not pieces:
        return pl.lit("")
    return pl.concat_str([pl.col(one.column) if isinstance(one, Place) else pl.lit(one) for one in pieces])


def _escaped(column: pl.Series) -> pl.Series:
    for sign, entity in _ENTITIES:
        column = column.str.replace_all(sign, entity, literal=True)
    return column


def _escaped_text(value: str) -> str:
    for sign, entity in _ENTITIES:
        value = value.replace(sign, entity)
    return value


_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;"))
