"""What is left of a template shows that nobody read the message, and an unknown slot stops it at the last step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, Severity, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.slots import without_slots

_SENTENCES = {
    "unknown_slot": "is no slot that anything fills",
    "slot_without_fallback": "has no words for readers of whom that is not known; write {{name|fallback}}",
    "unusable_fallback": "has a fallback that cannot be used",
}
_SIGNS = frozenset("{}｛｝%$*[<_#")
_SIGNED = re.compile(
    r"(?P<command>\{%|%\}|\{#|<%|%>|<\?php|\$\{[^}\n]{1,60}\}|#\{[^}\n]{1,60}\})"
    r"|(?P<brace>[{}｛｝])"
    r"|(?P<foreign>\*\|[^|\n]{1,60}\|\*|%{1,2}[A-Z][A-Z_]{2,40}%{1,2}|\[%[^\]\n]{1,60}%\]|__[A-Z][A-Z_]{2,40}__"
    r"|\[\[?\s*(?i:your|insert|recipient|name|link|date|company|city|(?:first|last|full|company|customer|contact|sender)"
    r"[ _-]?name)\b[^\]\n]{0,60}\]\]?|<(?i:(?:first|last|full|contact|company|customer)[ _-]?name|insert [^>\n]{1,40})>"
    r"|\[object Object\])"
)
_FILLER = re.compile(r"\blorem ipsum\b|\btodo:|\btbd\b|\bx{3,}\b|\bplaceholder text\b|\byour text here\b")
_NOTHING = re.compile(
    r"\b(?i:dear|hello|hi|hallo|liebe[rs]?|bonjour|hola|ciao) {1,3}"
    r"(?:(?:nan|NaN|None|none|null|NULL|undefined|nil|N/A)\b|[,!])"
)
# Without one of these neither can be found.
_FILLING = ("lorem", "todo", "tbd", "xxx", "placeholder", "your text")
_EMPTY = (" nan", " none", " null", " undefined", " nil", " n/a", " ,", " !")
# Stands for a slot, so that a greeting of a slot is not taken for one of nobody.
_SOMEBODY = "\ufffc"
_WHY = {
    "command": "is a command of a template language",
    "brace": "is a brace that belongs to no slot",
    "foreign": "is a placeholder that nothing fills",
    "filler": "stands where words should be",
    "nothing": "greets nobody",
}
_MOST = 10


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """Every slot is known and can be filled, and nothing else that wants to be filled is left anywhere."""
    found: dict[str, Finding] = {}
    texts = {**dict(context.seen), "attributes": "\n".join(context.page.said)}
    texts["links"] = "\n".join((context.link, *(link.url for link in context.page.links)))
    texts["hidden text"] = "\n".join(one.words for one in context.page.hidden)
    for place, text in texts.items():
        for code, severity, written, why in islice(_left(place, text, rules), _MOST):
            sentence = f"{shown(written, 60)} in the {place} {why}."
            found.setdefault(written, Finding("slots", code, severity, sentence, shown(written)))
    return tuple(found.values())


def _left(place: str, text: str, rules: HouseRules) -> Iterator[tuple[str, Severity, str, str]]:
    slots = rules.slots
    if "{{" in text:
        for trouble, written in slots.misused(text):
            yield trouble, "review" if trouble == "slot_without_fallback" else "block", written, _SENTENCES[trouble]
        if place in ("subject", "preheader"):
            for name in slots.names_in(text):
                if name in slots.always_given:
                    yield "misplaced_slot", "block", f"{{{{{name}}}}}", "belongs in the body"
    bare = without_slots(text, _SOMEBODY)
    if not _SIGNS.isdisjoint(bare):
        for one in _SIGNED.finditer(bare):
            kind = one.lastgroup or "brace"
            yield f"template_{kind}", "block", one[0], _WHY[kind]
    read = folded(text)
    if any(word in read for word in _FILLING):
        yield from (("template_filler", "block", one[0], _WHY["filler"]) for one in _FILLER.finditer(read))
    if any(word in read for word in _EMPTY):
        yield from (("template_nothing", "block", one[0], _WHY["nothing"]) for one in _NOTHING.finditer(bare))
