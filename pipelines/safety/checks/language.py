"""A message in a language that its reader does not speak is a mistake made in public; small words tell most of them."""

from __future__ import annotations

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.languages import KNOWN, language_of
from pipelines.safety.wording.phrases import read
from pipelines.safety.wording.slots import without_slots


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """The words are in the language of the variant, and some of its readers speak that."""
    declared = _language(context.locale)
    spoken = {_language(locale) for locale in context.recipient_locales if locale}
    found = []
    if spoken and declared not in spoken:
        sentence = f"The message is in {declared}; its readers are known to speak {', '.join(sorted(spoken))}."
        found.append(Finding("language", "locale_mismatch", "review", sentence, context.locale))
    told = language_of(without_slots(context.body), read(context.folded_body).words)
    if declared in KNOWN and told not in (None, declared):
        sentence = f"The message should be in {declared} and reads like {told}."
        found.append(Finding("language", "wrong_language", "review", sentence, str(told)))
    return tuple(found)


def _language(locale: str) -> str:
    return locale.replace("_", "-").partition("-")[0].lower()
