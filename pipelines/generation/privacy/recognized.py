"""Personal data by its look: presidio's patterns, without a language model of its own and without the network."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

Span = tuple[int, int, str]

PHONE_REGIONS = ("GB", "US", "DE", "FR", "AT", "CH", "ES", "IT", "NL", "BE", "SE", "PL", "IE", "AU", "IN")
DISGUISED_EMAILS = (
    r"[\w.+\-]{1,64}\s?@\s?[\w\-]{1,63}(?:(?:\.|\s\.\s?)[\w\-]{1,63}){0,4}(?:\.|\s\.\s?)[a-z]{2,}",
    r"[\w.+\-]{1,64}\s?[(\[{<]\s?(?:at|@)\s?[)\]}>]\s?[\w\-]{1,63}"
    r"(?:\s?(?:\.|[(\[{<]\s?(?:dot|\.)\s?[)\]}>]|\sdot\s)\s?[\w\-]{1,63}){1,4}",
    r"[\w.+\-]{1,64}\sat\s[\w\-]{1,63}(?:\sdot\s[\w\-]{1,63}){1,4}",
)
DATE = (
    r"(?:\d{1,4}[./\-]\s?\d{1,2}[./\-]\s?\d{1,4}|\d{1,2}\S{0,2}\s\w{3,9}\W{1,2}\d{2,4}"
    r"|\w{3,9}\s\d{1,2}\S{0,2}\W\s?\d{2,4})"
)
BORN = r"(?:born|birth\s?-?da(?:y|te)|date of birth|d\.?o\.?b\.?|geboren|geb\.)"
CALL = r"(?:tel|phone|mobile|cell|fax|call|ring|whatsapp|handy)"
REST = r"[^\s<>\"']"
NO_STOP = r"(?<![.,;:!?)])"
PROFILE = r"(?:in|u|user|users|profile|profiles|people|account|customers?)"
NETWORK = r"(?:linkedin|facebook|instagram|xing|tiktok|twitter|x|github|t)\.(?:com|me)"
OURS = (
    ("BIRTH_DATE", rf"(?i)\b{BORN}\W[^\n\d]{{0,20}}({DATE})"),
    ("PHONE_NUMBER", rf"(?i)\b{CALL}\b[^\d\n]{{0,15}}([+(]?\d(?:[ ().\-/]{{0,2}}\d){{5,14}})"),
    ("PHONE_NUMBER", r"(?<![\w+])((?:\+|00)[1-9](?:[ ().\-/]{0,3}\d){6,14})(?!\d)"),
    # An address with a user, a query or a profile in it tells of one person; a product page does not.
    ("URL", rf"(?i)\b((?:https?://|www\.){REST}*(?:[?#@]{REST}*|/{PROFILE}/{REST}+){NO_STOP})"),
    ("URL", rf"(?i)\b((?:https?://)?(?:\w+\.)?{NETWORK}/{REST}+{NO_STOP})"),
    ("HANDLE", r"(?<![\w@/.])(@[A-Za-z]\w{2,30})\b(?!\.\w)"),
)
IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:.]{3,45}(?<!\.)")
IBAN_START = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[\W_]?\d[\W_]?\d")
_LENGTHS = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27
GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 MC27 MD24
ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24
TR26 UA29 VA22 VG24 XK20
"""
IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _LENGTHS.split()}
NO_LANGUAGE_MODEL: Any = None


def recognized(text: str) -> Iterator[Span]:
    """Where a folded text holds something that looks personal, and what it is."""
    for placeholder, pattern in _ours():
        yield from ((*found.span(1), placeholder) for found in pattern.finditer(text))
    yield from _ibans(text)
    yield from _ipv6(text)
    # Dots and the like between the digits of a card, which the recognizer does not know; nothing moves.
    dashed = re.sub(r"(?<=\d)[._/](?=\d)", "-", text)
    for recognizer, reads in _recognizers():
        entity = recognizer.supported_entities[0]
        found = recognizer.analyze(dashed if reads == "dashed" else text, [entity], NO_LANGUAGE_MODEL)
        yield from ((one.start, one.end, entity) for one in found)


@cache
def _ours() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((placeholder, re.compile(pattern)) for placeholder, pattern in OURS)


@cache
def _recognizers() -> tuple[tuple[EntityRecognizer, str], ...]:
    from presidio_analyzer import Pattern, PatternRecognizer
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        CryptoRecognizer,
        EmailRecognizer,
        IpRecognizer,
        PhoneRecognizer,
    )

    # EmailRecognizer itself asks the network for a list of domains, and does not know the reserved ones.
    emails = [
        *EmailRecognizer.PATTERNS,
        *(Pattern(f"disguised {number}", pattern, 0.5) for number, pattern in enumerate(DISGUISED_EMAILS)),
    ]
    return (
        (PatternRecognizer("EMAIL_ADDRESS", patterns=emails), "text"),
        (CreditCardRecognizer(), "dashed"),
        # Its other patterns find the beginning of a short IPv6 address only, and take a double colon for one.
        (IpRecognizer(patterns=IpRecognizer.PATTERNS[:1]), "text"),
        (CryptoRecognizer(), "text"),
        (PhoneRecognizer(supported_regions=PHONE_REGIONS), "text"),
    )


def _ipv6(text: str) -> Iterator[Span]:
    for found in IPV6.finditer(text):
        try:
            ipaddress.IPv6Address(found[0])
        except ValueError:
            continue
        if len(found[0]) > 2:
            yield (*found.span(), "IP_ADDRESS")


def _ibans(text: str) -> Iterator[Span]:
    """Account numbers with a right checksum, in any case and with up to two signs between any two of theirs."""
    upper = "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text)
    for found in IBAN_START.finditer(upper):
        places = _alphanumerics(upper, found.start(), IBAN_LENGTHS.get(found[0][:2], 0))
        if places and _checks(upper, places):
            yield found.start(), places[-1] + 1, "IBAN_CODE"


def _alphanumerics(text: str, at: int, wanted: int) -> list[int]:
    """The places of so many letters and digits that stand close together, or none."""
    places: list[int] = []
    while at < len(text) and len(places) < wanted:
        if text[at].isascii() and text[at].isalnum():
            places.append(at)
        elif at - places[-1] > 2:
            break
        at += 1
    return places if len(places) == wanted else []


def _checks(text: str, places: list[int]) -> bool:
    letters = [text[place] for place in places]
    number = "".join(str(int(letter, 36)) for letter in (*letters[4:], *letters[:4]))
    return "".join(letters[2:4]).isdigit() and int(number) % 97 == 1
