"""What people accepted of what was learnt: it tells a model what worked, and the composer which subjects to prefer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.generation.ports import Learning, Unit


@dataclass(frozen=True, slots=True)
class Learnings:
    """Everything that is accepted in a tenant, in one order."""

    accepted: tuple[Learning, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Learnings:
        """The accepted insights of the database."""
        return cls(
            tuple(
                Learning(
                    row["insight_id"], row["dimension"], row["value"], row["segment"], row["effect"], row["statement"]
                )
                for row in rows
            )
        )

    def about(self, unit: Unit) -> tuple[Learning, ...]:
        """What concerns the readers of one unit."""
        return tuple(one for one in self.accepted if one.segment in (None, unit.label))

    def best_first(self, strategies: Sequence[str]) -> list[str]:
        """Strategies that earned more are drafted first: a budget that runs short is spent on them."""
        effects = {one.value: one.effect for one in self.accepted if one.dimension == "strategy" and not one.segment}
        return sorted(strategies, key=lambda strategy: -effects.get(strategy, 0.0))
