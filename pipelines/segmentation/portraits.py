"""Names for clusters, from what sets each one apart."""

from __future__ import annotations

import math

from pipelines.segmentation.clusters import Clustering
from pipelines.segmentation.rules import Placement

APART = 0.4  # standard deviations from the average of all customers

# In the order in which words stand in a name; the last ones are only called upon to tell namesakes apart.
WORDS = {
    "recency_days": ("recent", "lapsed"),
    "frequency": ("occasional", "frequent"),
    "monetary": ("small", "big"),
}
TIE_BREAKERS = {
    "engagement_score": ("quiet", "engaged"),
    "average_order": ("of small orders", "of large orders"),
    "churn_risk": ("safe", "wavering"),
    "inactive_days": ("present", "absent"),
}
UNITS = {
    "recency_days": "last order {} days ago",
    "frequency": "{} orders",
    "monetary": "{} spent",
    "average_order": "{} an order",
    "engagement_score": "engagement score {}",
    "inactive_days": "{} days without a sign of life",
    "churn_risk": "churn risk {}",
}


def placements(clustering: Clustering, features: list[str]) -> list[Placement]:
    """A unique name, a description and a reason for each cluster, in the order of their numbers."""
    count = len(clustering.medians)
    names = ["everybody"] if count == 1 else _unique([_words(clustering, features, n) for n in range(count)])
    return [
        Placement(
            segment=name,
            description=" ".join(filter(None, (_description(clustering, features, number), clustering.remark))),
            because=f"closest to '{name}': {{orders}}, {{monetary}} spent, {{last_order}}",
        )
        for number, name in enumerate(names)
    ]


def _words(clustering: Clustering, features: list[str], number: int) -> tuple[str, list[str]]:
    """The name that the main features give, and more words in case somebody else has it too."""
    where = dict(zip(features, clustering.deviations[number], strict=True))
    bought = dict(zip(features, clustering.medians[number], strict=True)).get("frequency", 1.0) != 0
    said = [words[int(where[f] > 0)] for f, words in WORDS.items() if f in where and abs(where[f]) > APART]
    more = sorted((f for f in TIE_BREAKERS if f in where), key=lambda f: -abs(where[f]))
    spare = [TIE_BREAKERS[f][int(where[f] > 0)] for f in more]
    spare += [words[int(where[f] > 0)] for f, words in WORDS.items() if f in where and abs(where[f]) <= APART]
    if not bought:
        return "prospects", spare[:1] + ["without orders"]
    if not said:
        return "average spenders", spare
    return f"{' '.join(said)} {'spenders' if said[-1] in WORDS['monetary'] else 'buyers'}", spare


def _unique(wanted: list[tuple[str, list[str]]]) -> list[str]:
    names = [name for name, _ in wanted]
    for round_ in range(max(len(spare) for _, spare in wanted)):
        names = [
            _with(name, spare[round_]) if names.count(name) > 1 and round_ < len(spare) else name
            for name, (_, spare) in zip(names, wanted, strict=True)
        ]
    return [
        f"{name} {names[:number].count(name) + 1}" if names.count(name) > 1 else name
        for number, name in enumerate(names)
    ]


def _with(name: str, word: str) -> str:
    return f"{name} {word}" if " " in word else f"{word} {name}"


def _description(clustering: Clustering, features: list[str], number: int) -> str:
    told = [
        UNITS[feature].format(_figure(value))
        for feature, value in zip(features, clustering.medians[number], strict=True)
        if not math.isnan(value)
    ]
    return f"Typically {', '.join(told)}." if told else "Nothing is known of them."


def _figure(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.2f}"
