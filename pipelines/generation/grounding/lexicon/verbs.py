"""Verbs by which a new statement can be recognised; those that are nouns as often are left out in their bare form."""

from __future__ import annotations

from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.function_words import AUXILIARIES

_BASE = words(
    """
    accept add advise agree allow answer apply arrive ask assemble become begin belong bring build buy carry charge
    choose clean collect come comprise contain continue cost cover create deliver design develop dispatch donate earn
    employ enjoy ensure establish exceed exchange exclude expect expire feature feel fit fold found give grow
    guarantee happen have help hold include increase install invite join keep know last lead learn leave let lie live
    look lose love make manufacture mean measure meet need offer open operate order own pack pay plant prefer prevent
    produce protect provide put reach read receive recommend recycle reduce refund remain remove repair replace reply
    require reserve respond return run save say seat see seem sell send serve sew ship show sit source spend stand
    start stay stop store suit supply support switch take tell think train try use visit wait want warm wash wear
    weave weigh win withstand work write close dry finish promise qualify redeem register subscribe cancel absorb
    adjust tilt swivel rotate
    """
)
_NOUNS_TOO = words(
    """
    answer charge cost cover design exchange feature fit guarantee help increase lead love measure need offer order
    pack plant promise refund repair reply return save seat ship source stand start stay stop store supply support
    switch train try use visit wait wash wear work close dry finish look show run read own open clean last warm cut
    tilt fold
    """
)
_PAST = words(
    """
    made sent held kept bought woven won given took taken sold paid built left lost found grown drawn sewn knitted
    chosen written came went ran began known led met said saw seen stood worn bound cut spun thrown felt told thought
    lent
    """
)


def _inflected(base: str) -> set[str]:
    if base.endswith("e"):
        return {base + "s", base + "d", base[:-1] + "ing"}
    if base.endswith("y") and base[-2] not in "aeou":
        return {base[:-1] + "ies", base[:-1] + "ied", base + "ing"}
    plural = base + ("es" if base.endswith(("s", "sh", "ch", "x")) else "s")
    return {plural, base + "ed", base + "ing", base + base[-1] + "ed", base + base[-1] + "ing"}


VERBS = frozenset(
    {base for base in _BASE if base not in _NOUNS_TOO}
    | {form for base in _BASE for form in _inflected(base) if base not in _NOUNS_TOO or not form.endswith("s")}
    | set(_PAST)
    | {"costs", "weighs", "holds", "lasts", "measures", "fits", "covers", "opens", "closes", "needs", "has"}
) - words("clothing washing shipping opening building training meeting reading writing seating lighting")

# Nouns as often as verbs: a verb if a quantity or an article follows a noun that went before.
PERHAPS_VERBS = frozenset(form for base in _NOUNS_TOO for form in (base, *_inflected(base)) if form not in VERBS)
AUXILIARIES_AND_VERBS = VERBS | AUXILIARIES
