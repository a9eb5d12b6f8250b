"""Other wordings of one fact that say nothing else: carried on with `It`, as a point of a list, without its tail."""

from __future__ import annotations

import re

from pipelines.adapters.language_model.composer.english import capitalised, unended

_VERB = r"(?:is|has|was|can|[a-z]+[^s\W]s)"
# Verbs that go on about the same subject, so that the sentence is whole without them.
_TAIL = re.compile(
    r"(?P<kept>(?:(?!, (?:has|is|weighs)).){24,}?)"
    r"(?:, (?:which|counted|measured) [^,.]+|,? and (?:arrives|comes|costs|fits|has|is|keeps|needs|opens|serves|suits|"
    r"takes|uses|weighs) [^,]*)\.$"
)


def carried_on(text: str, product: str | None) -> str | None:
    """How it goes on right after a sentence about the same product: `It weighs 900 g.`"""
    found = _about(text, product)
    return f"It {text[found.end() :]}" if found else None


def as_point(text: str, product: str | None) -> str | None:
    """How it stands in a list under the product's name: `Guaranteed for 3 years`."""
    found = _about(text, product)
    return capitalised(unended(text[found.end() :].removeprefix("is "))) if found else None


def shortened(text: str) -> str | None:
    """The sentence without what is told besides, if something is."""
    found = _TAIL.match(text)
    return f"{found['kept']}." if found else None


def _about(text: str, product: str | None) -> re.Match[str] | None:
    return re.match(rf"The {re.escape(product)} (?={_VERB} )", text) if product else None
