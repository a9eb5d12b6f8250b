"""What is expected of each kind of file, as data. Cells arrive trimmed, the empty ones as missing."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.customers import rules

CRITICAL, WARNING = "critical", "warning"

# Compared as they are understood: without regard to case, consents as whatever the import reads in them.
LOWER = ("email", "channel", "reason", "lawful_basis", "event")
UPPER = ("country", "currency")
CONSENT = ("consent", "status")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One check: a Great Expectations class, the column it needs (none: the table), and its sentence."""

    check: str
    column: str | None
    sentence: str
    severity: str = WARNING
    mostly: float = 1.0
    arguments: Mapping[str, Any] = field(default_factory=dict)
    # Asked even of a file without the column.
    always: bool = False


def expected_of(kind: str, columns: Iterable[str]) -> list[Expectation]:
    """The expectations of a kind of file that its columns allow to be asked."""
    present = set(columns)
    return [one for one in _KINDS[kind] if one.always or one.column is None or one.column in present]


@cache
def _countries() -> list[str]:
    with (Path(rules.__file__).parent / "countries.csv").open(encoding="utf-8", newline="") as file:
        return sorted(row["alpha2"] for row in csv.DictReader(file))


def _label(column: str) -> str:
    return column.replace("_", " ").capitalize().replace(" id", " ID").replace("Email", "E-mail")


def _rows() -> Expectation:
    return Expectation(
        "ExpectTableRowCountToBeBetween", None, "The file has rows", CRITICAL, arguments={"min_value": 1}
    )


def _exists(column: str, severity: str = WARNING) -> Expectation:
    sentence = f"{_label(column)}: the file has this column"
    return Expectation("ExpectColumnToExist", column, sentence, severity, always=True)


def _filled(column: str, mostly: float = 1.0, severity: str = WARNING) -> Expectation:
    sentence = f"{_label(column)}: filled in"
    return Expectation("ExpectColumnValuesToNotBeNull", column, sentence, severity, mostly)


def _unique(column: str) -> Expectation:
    return Expectation("ExpectColumnValuesToBeUnique", column, f"{_label(column)}: no value occurs twice")


def _matches(column: str, regex: str, words: str, mostly: float = 0.98, severity: str = CRITICAL) -> Expectation:
    sentence = f"{_label(column)}: {words}"
    return Expectation("ExpectColumnValuesToMatchRegex", column, sentence, severity, mostly, {"regex": regex})


def _avoids(column: str, regex: str, words: str) -> Expectation:
    sentence = f"{_label(column)}: {words}"
    return Expectation("ExpectColumnValuesToNotMatchRegex", column, sentence, CRITICAL, arguments={"regex": regex})


def _one_of(column: str, values: Iterable[str], words: str, mostly: float = 0.98) -> Expectation:
    sentence = f"{_label(column)}: {words}"
    return Expectation("ExpectColumnValuesToBeInSet", column, sentence, WARNING, mostly, {"value_set": list(values)})


def _length(column: str, longest: int, severity: str = WARNING) -> Expectation:
    sentence = f"{_label(column)}: at most {longest} characters"
    arguments = {"min_value": 1, "max_value": longest}
    return Expectation("ExpectColumnValueLengthsToBeBetween", column, sentence, severity, arguments=arguments)


_EMAIL = r"^(?:mailto:)?[^@\s,;<>]+@[^@\s,;<>.]+(?:\.[^@\s,;<>.]+)+$"
_PHONE = r"^(?:[Tt][Ee][Ll]:)?\s*\+?[\d\s().\-/\u2010-\u2015\u2212]{6,25}$"
_SCIENTIFIC = r"^[+]?\d(?:[.,]\d+)?[eE][+]?\d{1,3}$"
_DATE = (
    r"^(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{8}|\d{1,2}[./-]\d{1,2}[./-]\d{4}"
    r"|\d{1,2}(?:st|nd|rd|th)?[ -][A-Za-z]{3,9}\.?,?[ -]\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})"
    r"(?:(?:T| |, ).*\d.*)?$|^-?\d{10}(?:\d{3})?$"
)
_COUNT = r"^\+?\d{1,3}(?:,?\d{3}){0,3}(?:\.0+)?$"
_DIGITS = r"\d[\d\s.,'\u2019]*"
_SPEND = rf"^[^\d\s.,()+-]{{0,4}}\s*\+?{_DIGITS}\s*[^\d\s.,()+-]{{0,4}}$"
_AMOUNT = rf"^\(?[-+\u2212]?\s*[^\d\s.,()+-]{{0,4}}\s*[-+\u2212]?{_DIGITS}\s*[^\d\s.,()+-]{{0,4}}\)?$"
_ZONE = r"^(?:[A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}|UTC|GMT|[A-Z]{3,4}[0-9A-Z]{0,4}|[A-Z][A-Za-z-]+)$"
_LOCALE = r"^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,4}){0,2}(?:[.@].+)?$"
_JSON = r"^\{[\s\S]*\}$"
_CONSENTS = ("granted", "denied")
_CHANNELS = ("email", "e-mail", "sms", "whatsapp", "push", "phone", "post", "web", "linkedin", "custom")
_STOPS = ("unsubscribe", "complaint", "hard_bounce", "erasure", "manual", "unsubscribed", "spam", "bounce")
_BASES = (
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests",
)  # fmt: skip

_NOT_SHORTENED = "not shortened by a spreadsheet (1.2E+11)"
_DATED = "written as a date"
_MOMENT = "written as a date, with or without the time"

_PERSON = (
    _length("customer_id", 200, CRITICAL),
    _avoids("customer_id", _SCIENTIFIC, _NOT_SHORTENED),
    _matches("email", _EMAIL, "written as an e-mail address"),
    _length("email", 254, CRITICAL),
    _matches("phone", _PHONE, "digits and punctuation of a phone number", 0.95),
    _avoids("phone", _SCIENTIFIC, _NOT_SHORTENED),
)

_KINDS: dict[str, tuple[Expectation, ...]] = {
    "customers": (
        _rows(),
        _exists("customer_id"),
        _exists("email"),
        _filled("customer_id", 0.95),
        _unique("customer_id"),
        _filled("email", 0.9),
        _unique("email"),
        *_PERSON,
        _filled("first_name", 0.8),
        _length("first_name", 100),
        _length("last_name", 100),
        _length("company", 200),
        _length("job_title", 200),
        _filled("country", 0.9),
        _one_of("country", _countries(), "a two-letter ISO code", 0.95),
        _matches("time_zone", _ZONE, "a zone such as Europe/Berlin", severity=WARNING),
        _matches("locale", _LOCALE, "a language such as en-GB", severity=WARNING),
        _matches("signup_date", _DATE, _DATED),
        _matches("last_purchase_date", _DATE, _DATED),
        _matches("orders", _COUNT, "a whole number, zero or more"),
        _matches("total_spend", _SPEND, "an amount, zero or more"),
        _matches("opens", _COUNT, "a whole number, zero or more"),
        _matches("clicks", _COUNT, "a whole number, zero or more"),
        _one_of("consent", _CONSENTS, "a clear yes or no"),
        _matches("consent_date", _DATE, _MOMENT),
        _length("tags", 1000),
    ),
    "orders": (
        _rows(),
        _exists("order_id", CRITICAL),
        _exists("ordered_at", CRITICAL),
        _exists("amount", CRITICAL),
        _filled("order_id", severity=CRITICAL),
        _unique("order_id"),
        _length("order_id", 200, CRITICAL),
        _avoids("order_id", _SCIENTIFIC, _NOT_SHORTENED),
        _filled("customer_id", 0.95),
        *_PERSON,
        _filled("ordered_at", severity=CRITICAL),
        _matches("ordered_at", _DATE, _MOMENT),
        _filled("amount", severity=CRITICAL),
        _matches("amount", _AMOUNT, "an amount"),
        _matches("currency", r"^(?:[A-Z]{3}|€|£)$", "a three-letter code such as EUR"),
        _length("product", 500),
    ),
    "events": (
        _rows(),
        _exists("event", CRITICAL),
        _exists("occurred_at", CRITICAL),
        _filled("event_id", 0.95),
        _unique("event_id"),
        _length("event_id", 200, CRITICAL),
        _filled("customer_id", 0.95),
        *_PERSON,
        _filled("event", severity=CRITICAL),
        _length("event", 100, CRITICAL),
        _filled("occurred_at", severity=CRITICAL),
        _matches("occurred_at", _DATE, _MOMENT),
        _matches("value", _AMOUNT, "an amount"),
        _matches("properties", _JSON, "a JSON object"),
    ),
    "consents": (
        _rows(),
        _exists("status", CRITICAL),
        _exists("occurred_at", CRITICAL),
        _filled("customer_id", 0.95),
        *_PERSON,
        _one_of("channel", _CHANNELS, "a channel that Liftline knows"),
        _matches("purpose", r"\w", "names a purpose"),
        _length("purpose", 64),
        _filled("status", severity=CRITICAL),
        _one_of("status", _CONSENTS, "a clear yes or no"),
        _filled("occurred_at", severity=CRITICAL),
        _matches("occurred_at", _DATE, _MOMENT),
        _filled("source", 0.95),
        _filled("text_version", 0.8),
        _one_of("lawful_basis", (*_BASES, *(base.replace("_", " ") for base in _BASES)), "a basis of GDPR article 6"),
    ),
    "suppressions": (
        _rows(),
        _exists("reason"),
        *_PERSON,
        _one_of("channel", _CHANNELS, "a channel that Liftline knows"),
        _filled("reason", severity=CRITICAL),
        _one_of("reason", _STOPS, "a reason that Liftline knows"),
        _filled("occurred_at", 0.95),
        _matches("occurred_at", _DATE, _MOMENT),
        _filled("source", 0.8),
    ),
}
