"""Lines and facts dealt out among the audience units of a campaign, so that no two of them begin alike."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.adapters.language_model.composer.drawing import Draw
from pipelines.adapters.language_model.composer.phrasing import hooks
from pipelines.generation.briefs import STRATEGIES
from pipelines.generation.ports import Ask

# Both may fall back to the same strategy, and must still not say the same.
_FALLING_TOGETHER = ("urgency", "social_proof")


@dataclass(frozen=True, slots=True)
class Deal:
    """The place of one ask among the units of its campaign, and of its strategy among those of the brief."""

    place: int
    places: int
    strategy: int
    strategies: int
    step: int
    turn: int

    def owns_line(self, number: int) -> bool:
        """Whether a line of this strategy is for this unit only."""
        return (number + self.turn) % self.places == self.place

    def owns_fact(self, grain: int) -> bool:
        """Whether a fact may be the subject of this unit and strategy only."""
        slots = self.places * self.strategies
        return (grain + self.turn) % slots == self.place * self.strategies + self.strategy

    def begins_with_facts(self) -> bool:
        """Whether a message may begin with a fact that others tell as well: only one of them does."""
        return self.owns_line(0)

    def first_of(self) -> int:
        """Where to begin among what several units and strategies draw from."""
        return self.turn + self.place + self.step


def deal_of(ask: Ask, strategy: str, stance: str) -> Deal:
    """The place of an ask, by the units that the brief names, else by how its unit stands to the sender."""
    asked = ask.brief.strategies
    at = place_of(ask.strategy, asked)
    place, places = _place(ask, stance)
    turn = Draw(ask.brief.name if places > 1 else f"{ask.brief.name}|{ask.unit.unit_id}").number("turn")
    if strategy != ask.strategy and set(_FALLING_TOGETHER) <= set(asked):
        place, places = place * 2 + _FALLING_TOGETHER.index(ask.strategy), places * 2
    return Deal(place, places, at, len(asked), STRATEGIES.index(ask.strategy), turn)


def place_of(strategy: str, asked: tuple[str, ...]) -> int:
    """Where a strategy stands among those that a brief asks for."""
    return asked.index(strategy) if strategy in asked else STRATEGIES.index(strategy) % len(asked)


def _place(ask: Ask, stance: str) -> tuple[int, int]:
    # Accounts and persons are not named, and never see each other's mails.
    if ask.unit.kind not in ("segment", "persona"):
        return 0, 1
    named = ask.brief.audience.only
    for at, name in enumerate(named):
        if name in (ask.unit.label, ask.unit.unit_id):
            return at, len(named)
    return list(hooks()).index(stance), len(hooks())
