"""Who reads: how a unit stands to the sender, told by its name and traits, none of which is ever printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pipelines.adapters.language_model.composer.english import stems
from pipelines.generation.ports import Unit

Side = Literal["private", "business"]
Buyers = Literal["private", "business", "mixed"]

_NAMED = {
    "champions": "champion", "loyal": "loyal", "potential loyalist": "returning", "promising": "recent", "new": "new",
    "needs attention": "drifting", "about to sleep": "quiet", "cannot lose": "missed", "at risk": "lapsing",
    "hibernating": "asleep", "lost": "lost", "prospect": "prospect", "newcomers": "newcomer",
    "slipping regulars": "lapsing", "regulars": "loyal", "lapsed buyers": "asleep", "occasional buyers": "occasional",
    "engaged prospects": "engaged", "quiet prospects": "prospect",
}  # fmt: skip
# The first words that are found decide.
_TOLD = tuple(
    (re.compile(cue, re.IGNORECASE), stance)
    for cue, stance in (
        (r"\bengaged\b.*\bprospect|\bprospect.*\bengaged\b|\bwarm lead", "engaged"),
        (r"prospect|\bleads?\b|not bought|no order|never bought", "prospect"),
        (r"\blapsed\b.*\b(?:frequent|big)\b|cannot lose|can't lose", "missed"),
        (r"champion|\bvip\b|\bbest customers|\brecent\b.*\bfrequent|\bfrequent\b.*\bbig\b(?!.*lapsed)", "champion"),
        (r"newcomer|signed up|sign-?up", "newcomer"),
        (r"\bat risk\b|\bat_risk\b|slipping", "lapsing"),
        (r"\blost\b|\bgone\b", "lost"),
        (r"hibernat|\blapsed\b|\bchurned\b|dormant|inactive", "asleep"),
        (r"about to sleep|\bquiet\b|cooling", "quiet"),
        (r"needs attention|middling", "drifting"),
        (r"\bloyal|\bregular|\bfrequent\b", "loyal"),
        (r"\bnew\b|first order|first time", "new"),
        (r"\brecent\b|\blately\b|promising", "recent"),
        (r"\boccasional|\bonce\b|\bseldom\b|\baverage\b", "occasional"),
    )
)
_PERSONAS = tuple(
    (re.compile(cue, re.IGNORECASE), stance)
    for cue, stance in (
        (r"workplace|facilit|\boffices?\b|procure|purchas", "workplace"),
        (r"\bpeople\b|\bhr\b|human resources|talent|looks after employees", "people"),
        (r"brand|marketing|design", "brand"),
        (r"leader|decides|\bceo\b|director|manage|founder|owner|executive", "leadership"),
        (r"\bhome\b|household|private", "home"),
    )
)
_BUSINESS = frozenset(("business", "b2b", "company", "companies", "enterprise"))
_PRIVATE = frozenset(("consumer", "consumers", "private", "b2c", "home"))
_NAMES_BUSINESS = re.compile(
    r"\b(?:business (?:customers?|deliver\w+|accounts?)|companies that|volume discounts?|net order|company account)\b",
    re.IGNORECASE,
)
_NAMES_PRIVATE = re.compile(r"\b(?:private (?:customers?|people|persons?)|consumers?|households?)\b", re.IGNORECASE)
_STAGES = {
    "new": "new", "prospect": "prospect", "active": "loyal", "at_risk": "lapsing", "at risk": "lapsing",
    "churned": "asleep",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """What a unit is to the composer."""

    stance: str
    buyers: Buyers
    likes: frozenset[str]
    by_account: bool


def reader_of(unit: Unit, audience: tuple[str, ...] = ()) -> Reader:
    """The reader that a unit stands for; an audience that the brief names settles which kind of buyer."""
    traits = {name.lower(): value for name, value in unit.traits.items()}
    told = traits.get("buys most", "") or traits.get("products", "")
    buyers = side_of(audience) or _buyers(traits.get("buyers", ""), unit)
    return Reader(_stance(unit, traits.get("stage", "")), buyers, stems(told), unit.kind == "account")


def _buyers(told: str, unit: Unit) -> Buyers:
    business, private = "business" in told.lower(), "private" in told.lower() or "consumer" in told.lower()
    if business != private:
        return "business" if business else "private"
    if unit.kind == "account":
        return "business"
    return "mixed"


def _stance(unit: Unit, stage: str) -> str:
    label = unit.label.strip().lower()
    if unit.kind == "account":
        return "team"
    if unit.kind == "person":
        return _STAGES.get(stage.lower(), "neutral")
    if unit.kind == "persona":
        return _first(_PERSONAS, label) or _first(_PERSONAS, unit.description) or "neutral"
    known = _NAMED.get(label)
    return known or _first(_TOLD, label) or _first(_TOLD, unit.description) or _STAGES.get(stage.lower(), "neutral")


@lru_cache(maxsize=4_000)
def _first(cues: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str | None:
    return next((stance for cue, stance in cues if cue.search(text)), None)


@lru_cache(maxsize=20_000)
def buyers_of(audience: tuple[str, ...], text: str) -> Side | None:
    """The one kind of buyer that a fact is for, by its papers or by whom it names; None if it is for all."""
    return side_of(audience) or _one_side(bool(_NAMES_BUSINESS.search(text)), bool(_NAMES_PRIVATE.search(text)))


def side_of(audience: tuple[str, ...]) -> Side | None:
    """The one kind of buyer that an audience is; None if it is both or says nothing of that."""
    told = {name.lower() for name in audience}
    return _one_side(bool(told & _BUSINESS), bool(told & _PRIVATE))


def _one_side(business: bool, private: bool) -> Side | None:
    return None if business == private else "business" if business else "private"
