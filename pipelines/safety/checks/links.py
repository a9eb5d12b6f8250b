"""A link is the only thing in a message that acts: it may lead to our own pages, plainly, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.links import clickable, faults_of
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.slots import without_slots

_OWN_SCHEME = re.compile(r"(?P<scheme>mailto|tel|sms):(?P<who>[^?]*)(?P<rest>\?.*)?", re.IGNORECASE | re.DOTALL)
_MOST = 20
FILLED_LATER = ("campaign.link", "unsubscribe.link", "preferences.link")


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """Every address that can be clicked or is loaded, in page, text and subject; anything that is not plain blocks."""
    found: dict[tuple[str, str], Finding] = {}
    for where, url in _addresses(context):
        if len(found) >= _MOST:
            break
        if _filled_later(url, where, rules) or _own_contact(url, context, rules):
            continue
        for code, why in faults_of(url, context.allowed_hosts, rules.told.links.shorteners, rules.told.links.redirects):
            sentence = f"{where} {why}."
            found.setdefault((code, url), Finding("links", code, "block", sentence, shown(url)))
    return tuple(found.values())


def _addresses(context: ScreeningContext) -> Iterator[tuple[str, str]]:
    page = context.page
    yield "The campaign's link", context.link
    yield from (("A link", link.url) for link in page.links)
    yield from (("A picture", image.url) for image in page.images)
    yield from ((f"What {where} loads", url) for where, url in page.loads if where not in ("img src", "input src"))
    yield from (("An imported style sheet", url) for sheet in page.sheets for url in sheet.imports)
    for place, text in context.seen:
        yield from ((f"What can be clicked in the {place}", url) for url in clickable(without_slots(text)))


def _filled_later(url: str, where: str, rules: HouseRules) -> bool:
    """Whether it is a slot for a link and nothing else, so that code fills it."""
    return where == "A link" and rules.slots.name_of_whole(url) in FILLED_LATER


def _own_contact(url: str, context: ScreeningContext, rules: HouseRules) -> bool:
    """Whether it writes or calls to the brand itself, and says nothing in the reader's name."""
    found = _OWN_SCHEME.fullmatch(url)
    if found is None or found["rest"]:
        return False
    who = found["who"].strip().lower()
    own = {_dialled(one) for one in (*context.own_contacts, *rules.told.own_contacts)}
    return _dialled(who) in own or (
        who.count("@") == 1 and who.rpartition("@")[2] in {host.removeprefix("www.") for host in context.allowed_hosts}
    )


def _dialled(contact: str) -> str:
    return re.sub(r"[\s()/.-]", "", folded(contact)) if "@" not in contact else contact.strip().lower()
