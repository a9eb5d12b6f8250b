"""Words that are claims wherever they stand: superlatives, comparisons, absolutes, promises, quantifiers, features."""

from __future__ import annotations

import re

from pipelines.generation.grounding.lexicon import words

SUPERLATIVES = words(
    """
    best worst most least top leading number-one finest ultimate unrivalled unrivaled unbeatable unmatched unique
    unparalleled unequalled foremost premier greatest irreplaceable incomparable record supreme leader leaders
    champion champions pioneer pioneers
    """
)
COMPARATIVES = words(
    """
    better worse cheaper faster lighter stronger warmer softer safer healthier cleaner quieter bigger larger smaller
    longer shorter higher lower thicker thinner greener superior inferior outperform outperforms beats beat exceed
    exceeds surpass twice double triple fewer than easier quicker slower harder brighter cooler newer older richer
    smarter tougher heavier wider deeper
    """
)
ABSOLUTES = words(
    """
    only never always all every everyone everybody nobody none nothing everything everywhere anywhere any completely
    fully entirely totally absolutely forever lifetime instantly immediately exclusively perfectly permanently whole
    entire without solely zero
    """
)
PROMISES = words(
    """
    guarantee guaranteed guarantees warranty promise promised promises proven proof certified certificate
    certification tested award awards refund refunded money-back free cure cures approved official patented clinically
    scientifically safe insured ensure ensures secure secured discount off save saves saving savings exclusive
    bestseller bestselling original authentic genuine gratis complimentary voucher cashback licensed accredited
    recommended endorsed
    """
)
QUANTIFIERS = words(
    """
    most many several countless numerous hundreds thousands millions dozens majority minority plenty few some tens
    half
    """
)
FEATURES = words(
    """
    waterproof watertight organic handmade handcrafted handwoven recycled recyclable biodegradable compostable vegan
    sustainable renewable natural pure hypoallergenic antibacterial fireproof heatproof ovenproof stainless rustproof
    shatterproof unbreakable durable durability local locally fairtrade dishwasher microwave wireless rechargeable
    ergonomic adjustable dimmable washable breathable windproof insulated limited sold voted ranked rated featured
    trusted european german italian swedish danish portuguese swiss japanese french british american imported medical
    sterile nontoxic solid massive genuine made woven crafted knitted forged sewn grown sourced designed built
    invented founded established engineered manufactured produced printed increase increases reduce reduces reduced
    reducing doubled boost boosts improve improves prevents protect protects heals lasts last cheap cheapest
    discounted ends ending expire expires
    """
)
NOT_SUPERLATIVE = words(
    """
    rest test interest forest request guest honest invest chest west nest latest suggest modest harvest contest digest
    arrest fest manifest protest quest zest vest best crest behest bequest conquest earnest ingest attest inquest pest
    jest midwest northwest southwest everest budapest bucharest
    """
)
CLAIM_SUFFIX = re.compile(r"(?:proof|resistant|certified|winning|woven|knitted|handed|crafted|neutral|repellent)$")
_EST = re.compile(r"^[a-z]{3,}(?:est|iest)$")


def kind_of_claim(word: str) -> str | None:
    """Which kind of claim a word makes by itself, if any; the word in lower case."""
    if word in SUPERLATIVES or (_EST.match(word) and word not in NOT_SUPERLATIVE):
        return "superlative"
    if word in COMPARATIVES:
        return "comparison"
    if word in ABSOLUTES:
        return "absolute"
    if word in PROMISES:
        return "promise"
    if word in QUANTIFIERS:
        return "quantifier"
    if word in FEATURES or CLAIM_SUFFIX.search(word):
        return "feature"
    return None
