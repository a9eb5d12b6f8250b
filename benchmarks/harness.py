"""Contenders run in turn in one process tree; medians and ratios are what counts on a shared machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of doing the work. `share` is the part of the work that it does; its time is scaled up.

    `clear` is called before each round and not measured.
    """

    name: str
    run: Callable[[int], object]
    share: float = 1.0
    rounds: int | None = None
    clear: Callable[[], object] | None = None


@dataclass(slots=True)
class Calibration:
    """What is promised of a procedure, held against what happened in so many simulated runs of it."""

    title: str
    target: str
    simulate: Callable[[], Sequence[tuple[str, str, str, str]]]
    found: Sequence[tuple[str, ...]] = ()
    columns = ("what", "found", "promised", "runs")

    def measure(self, rounds: int, say: Callable[[str], None]) -> None:
        """Run the simulations once: they are seeded, so another round would find the same."""
        began = time.perf_counter()
        self.found = self.simulate()
        say(f"{self.title}: {time.perf_counter() - began:.2f} s")

    def rows(self) -> Sequence[tuple[str, ...]]:
        """What was looked at, what was found, what is promised, how often it was tried."""
        return self.found


@dataclass(slots=True)
class Comparison:
    """One piece of work: the first contender is the limit, and every ratio is against it."""

    title: str
    contenders: Sequence[Contender]
    target: str
    times: dict[str, list[float]] = field(default_factory=dict)
    columns = ("contender", "median", "range", "x limit", "x ours")

    def measure(self, rounds: int, say: Callable[[str], None]) -> None:
        """Run all contenders in turn, `rounds` times."""
        for turn in range(rounds):
            for contender in self.contenders:
                if turn >= (contender.rounds or rounds):
                    continue
                if contender.clear:
                    contender.clear()
                began = time.perf_counter()
                contender.run(turn)
                taken = (time.perf_counter() - began) / contender.share
                self.times.setdefault(contender.name, []).append(taken)
                say(f"{self.title}, round {turn + 1}: {contender.name} {taken:.2f} s")

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Name, median, spread, ratio to the limit, ratio to ours (the second contender)."""
        medians = {name: statistics.median(taken) for name, taken in self.times.items()}
        limit, ours = (medians[contender.name] for contender in self.contenders[:2])
        return [
            (
                contender.name + (f" (measured on {contender.share:.0%}, scaled)" if contender.share < 1 else ""),
                f"{medians[contender.name]:.2f} s",
                f"{min(self.times[contender.name]):.2f}-{max(self.times[contender.name]):.2f}",
                f"{medians[contender.name] / limit:.2f}",
                f"{medians[contender.name] / ours:.2f}",
            )
            for contender in self.contenders
        ]
