"""What is known of a customer, as patterns that find it in a folded text, however it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from pipelines.generation.privacy.folding import plain
from pipelines.generation.privacy.ordinary_words import LEGAL_FORMS, ORDINARY, PARTICLES, ROLES, STREETS

Found = tuple[re.Pattern[str], str]

BETWEEN = r"[\s.,_\-+/'|:;()\"*#~]{0,3}"
SPACED = r"[\s._\-*]{1,2}"
IN_NUMBERS = r"[\s().\-/_]{0,3}"
NO_LETTER_BEFORE, NO_LETTER_AFTER = r"(?<![^\W\d_])", r"(?![^\W\d_])"
ALONE_BEFORE, ALONE_AFTER = r"(?<![^\W_])", r"(?![^\W_])"
AT = r"\s*(?:@|[(\[{<]\s*(?:at|@)\s*[)\]}>]|\sat\s)\s*"
DOT = r"\s*(?:\.|[(\[{<]\s*(?:dot|\.)\s*[)\]}>]|\sdot\s)\s*"
CALLED = r"(?:customer|client|account|kunden?|member)\W{0,3}(?:id|no|nr|number|nummer)?\W{0,3}"
TRANSCRIBED = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("å", "aa"), ("ø", "oe"), ("æ", "ae"))


def patterns_of(known: Mapping[str, str]) -> Iterator[Found]:
    """A pattern and a placeholder for each way in which a known value may stand in a text."""
    named = {re.sub(r"[^a-z]+", "_", key.lower()).strip("_"): value.strip() for key, value in known.items()}
    first = named.get("first_name") or named.get("given_name") or ""
    last = named.get("last_name") or named.get("family_name") or named.get("surname") or ""
    for pattern in _full_names(first, last):
        yield re.compile(pattern), "CONTACT_NAME"
    for key, value in named.items():
        if len(plain(value)) < 2:
            continue
        placeholder, ways = _kind_of(key)
        for pattern in ways(value):
            yield re.compile(pattern), placeholder


def _kind_of(key: str) -> tuple[str, Callable[[str], Iterator[str]]]:
    for words, placeholder, ways in KINDS:
        if any(word in key for word in words):
            return placeholder, ways
    return (key.upper() if "_" in key else f"PERSONAL_{key.upper() or 'DATA'}"), _words


def spellings(value: str) -> list[str]:
    """A value as it is compared, also with ä as ae and with ae as ä."""
    spelled = value
    for letter, written in TRANSCRIBED:
        spelled = spelled.replace(letter, written).replace(letter.upper(), written.capitalize())
    short = re.sub(r"(?i)([aou])e|(a)a", lambda found: found[1] or found[2], plain(value))
    forms = [plain(value), plain(spelled), *([short] if len(short) > 2 else [])]
    return list(dict.fromkeys(form for form in forms if form.strip()))


def _loose(form: str) -> str:
    """The words of a form, with anything or nothing between them."""
    return BETWEEN.join(re.escape(word) for word in re.findall(r"[^\W_]+", form))


def _any_case(value: str) -> str:
    return f"(?i:{'|'.join(_loose(form) for form in spellings(value))})"


def _as_name(word: str) -> str:
    """A name by itself: in any case, but with a capital where it is an ordinary word or very short."""
    form = plain(word)
    if form.lower() in ORDINARY or len(form) < 3:
        return f"{re.escape(form[0].upper())}(?i:{re.escape(form[1:])})(?:'s)?"
    letters = [re.escape(letter) for letter in re.findall(r"[^\W_]", form)]
    spaced = f"|(?i:{SPACED.join(letters)})" if len(letters) > 3 else ""
    return f"(?:{_any_case(word)}(?i:'?s)?{spaced})"


def _names(value: str) -> Iterator[str]:
    yield f"{NO_LETTER_BEFORE}{_as_name(value)}{NO_LETTER_AFTER}"
    parts = [part for part in re.split(r"[\s\-]+", value) if part.lower() not in PARTICLES]
    if len(parts) > 1 or parts != [value]:
        for part in parts:
            if len(plain(part)) > 2:
                yield f"{NO_LETTER_BEFORE}{_as_name(part)}{NO_LETTER_AFTER}"


def _full_names(first: str, last: str) -> Iterator[str]:
    if not plain(first) or not plain(last):
        return
    ordinary = {plain(first).lower(), plain(last).lower()} <= ORDINARY
    given, family = (_as_name(name) if ordinary else _any_case(name) for name in (first, last))
    end = rf"(?i:'?s)?{NO_LETTER_AFTER}"
    middle = r"(?:[\s,]+[A-Z][\w'\-]*\.?){0,2}"
    yield f"{NO_LETTER_BEFORE}{given}{middle}{BETWEEN}{family}{end}"
    yield f"{NO_LETTER_BEFORE}{family}{BETWEEN}{given}{end}"
    initial, surname = re.escape(plain(first)[0].upper()), _as_name(last)
    if plain(last).lower() not in ORDINARY:
        initial = f"(?i:{initial})"
    more = r"(?:[A-Z]\.[\s\-]?)?"
    yield rf"{NO_LETTER_BEFORE}{initial}[._\s\-]{{0,2}}{more}{surname}{NO_LETTER_AFTER}"
    yield rf"{NO_LETTER_BEFORE}{surname}[,._\s\-]{{0,2}}{initial}(?:\.{more}|{NO_LETTER_AFTER})"


def _emails(value: str) -> Iterator[str]:
    local, _, domain = plain(value).partition("@")
    name = local.partition("+")[0]
    if domain:
        host = DOT.join(re.escape(label) for label in domain.split("."))
        box = DOT.join(re.escape(part) for part in name.split("."))
        yield rf"(?i:{ALONE_BEFORE}{box}(?:\+[\w.\-]+)?{AT}{host}{ALONE_AFTER})"
    if len(name) > 4 and name.lower() not in ROLES | ORDINARY:
        yield f"(?i:{ALONE_BEFORE}{_loose(name)}{ALONE_AFTER})"


def _phones(value: str) -> Iterator[str]:
    digits = re.sub(r"\D", "", plain(value))
    if len(digits) >= 6:
        # The last eight tell it apart; country and area stand before them in many ways.
        core = IN_NUMBERS.join(digits[-8:])
        yield rf"(?<!\d)[+(]{{0,2}}(?:\d{IN_NUMBERS}){{0,8}}{core}(?!\d)"


def _ids(value: str) -> Iterator[str]:
    groups = re.findall(r"[^\W\d_]+|\d+", plain(value))
    exact = r"[\s\-_./]?".join(map(re.escape, groups))
    if value.isdigit():
        yield rf"(?i:{CALLED}#?)0*{re.escape(value.lstrip('0') or '0')}(?!\d)"
        if len(value) < 4:
            return
    if groups:
        yield f"(?i:{ALONE_BEFORE}{exact}{ALONE_AFTER})"


def _companies(value: str) -> Iterator[str]:
    yield from _words(value)
    words = value.split()
    while len(words) > 1 and re.sub(r"\W", "", words[-1]).lower() in LEGAL_FORMS:
        words.pop()
    if words != value.split():
        yield f"{NO_LETTER_BEFORE}{_as_name(' '.join(words))}{NO_LETTER_AFTER}"


def _addresses(value: str) -> Iterator[str]:
    parts = [part.strip() for part in re.split(r"[,;\n]", value)]
    for part in [value, *(part for part in parts if re.search(r"\d", part) and len(part) > 4)]:
        for form in spellings(part):
            words = [_street(word) for word in re.findall(r"[^\W_]+", form)]
            yield f"(?i:{ALONE_BEFORE}{BETWEEN.join(words)}{ALONE_AFTER})"


def _street(word: str) -> str:
    for whole, short in STREETS.items():
        if word.lower().endswith((whole, short)) and len(word) > 1:
            stem = word[: -len(whole)] if word.lower().endswith(whole) else word[: -len(short)]
            return f"{re.escape(stem)}(?:{whole}|{short})"
    return re.escape(word)


def _birth_dates(value: str) -> Iterator[str]:
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        yield from _words(value)
        return
    d, m, year = f"0?{day.day}", f"0?{day.month}", f"(?:{day.year}|'?{day.year % 100:02})"
    month, dot = rf"{day:%b}\w*", r"[\s./\-]{1,2}"
    orders = (
        rf"{d}{dot}{m}{dot}{year}", rf"{m}{dot}{d}{dot}{year}", rf"{year}{dot}?{m}{dot}?{d}",
        rf"{d}(?:st|nd|rd|th|\.)?\s*(?:of\s)?{month}\W{{0,2}}{year}",
        rf"{month}\W?\s*{d}(?:st|nd|rd|th)?\W{{1,2}}{year}",
    )  # fmt: skip
    yield rf"(?i:(?<!\d)(?:{'|'.join(orders)})(?!\d))"


def _words(value: str) -> Iterator[str]:
    yield f"{ALONE_BEFORE}{_any_case(value)}{ALONE_AFTER}"


KINDS: tuple[tuple[tuple[str, ...], str, Callable[[str], Iterator[str]]], ...] = (
    (("email", "e_mail"), "EMAIL_ADDRESS", _emails),
    (("phone", "mobile", "fax"), "PHONE_NUMBER", _phones),
    (("customer_id", "contact_id", "person_id"), "CUSTOMER_ID", _ids),
    (("account_id", "company_id"), "ACCOUNT_ID", _ids),
    (("company", "account_name", "organisation", "organization", "employer"), "COMPANY_NAME", _companies),
    (("birth", "dob"), "BIRTH_DATE", _birth_dates),
    (("address", "street", "postal", "zip", "city"), "ADDRESS", _addresses),
    (("name",), "CONTACT_NAME", _names),
)
