"""A message is written once for many readers: an address, number or account in it belongs to somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, masked
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.slots import without_slots

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%-]{1,64}\s?@\s?(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63})+)")
_SPELT = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}\s?(?:\(at\)|\[at\]|@| at )\s?"
    r"(?P<host>[\w-]{1,63}(?:\s?(?:\(dot\)|\[dot\]| dot )\s?[\w-]{2,63})+)"
)
_MANY_DIGITS = re.compile(r"\d(?:\D{0,3}\d){6}")
_PHONE = re.compile(
    r"(?<![\w.,/])(?:\+|00)\d{1,3}[\s()./-]{0,3}(?:\d[\s()./-]{0,3}){6,13}\d(?![\w])"
    r"|(?<![\w.,/+])\(?0\d{1,5}\)?[\s/-]{1,3}(?:\d[\s/-]{0,2}){5,10}\d(?!\w)"
    r"|(?<![\w.,/+])\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\w)"
)
_IBAN = re.compile(r"(?<!\w)[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,4})?(?!\w)")
_CARD = re.compile(r"(?<![\w.])(?:\d[ -]?){12,18}\d(?!\w)")
_SOCIAL = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """E-mail addresses, telephone numbers and accounts block, wherever they stand, unless they are the brand's own."""
    own = _own(frozenset((*context.own_contacts, *rules.told.own_contacts)))
    found: dict[str, Finding] = {}
    links = "\n".join((context.link, *(link.url for link in context.page.links)))
    for place, text in (*context.everything, ("links", links)):
        for what, said in _personal(without_slots(folded(text)), context.allowed_hosts):
            bare = _bare(said)
            if bare in own or bare in found:
                continue
            sentence = f"The {place} holds {what} that is not the brand's own."
            found[bare] = Finding("personal_data", f"personal_{what.split()[-1]}", "block", sentence, masked(said))
    return tuple(found.values())


def _personal(text: str, hosts: frozenset[str]) -> Iterator[tuple[str, str]]:
    ours = {host.removeprefix("www.") for host in hosts}
    for each in (*(_EMAIL.finditer(text) if "@" in text else ()), *(_SPELT.finditer(text) if "dot" in text else ())):
        if re.sub(r"\W*dot\W*", ".", each["host"]) not in ours:
            yield "an e-mail address", each[0]
    if not _MANY_DIGITS.search(text):
        return
    yield from (("an account number", one[0]) for one in _IBAN.finditer(text) if _is_iban(one[0]))
    yield from (("a card number", one[0]) for one in _CARD.finditer(text) if _is_card(one[0]))
    yield from (("a social security number", one[0]) for one in _SOCIAL.finditer(text))
    yield from (("a telephone number", one[0]) for one in _PHONE.finditer(text))


def _is_iban(written: str) -> bool:
    """Whether the check digits are right; what looks like one and is none is an order number."""
    plain = written.replace(" ", "")
    digits = "".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(digits) % 97 == 1


def _is_card(written: str) -> bool:
    digits = [int(letter) for letter in written if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) if at % 2 else digit for at, digit in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(doubled) % 10 == 0


def _bare(said: str) -> str:
    plain = re.sub(r"[\s()./-]", "", said)
    return f"+{plain[2:]}" if plain.startswith("00") else plain


@lru_cache(maxsize=256)
def _own(contacts: frozenset[str]) -> frozenset[str]:
    return frozenset(_bare(folded(contact)) for contact in contacts)
