"""How often and how long after each other a request is tried: backoff with full jitter, or what the server asks for."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import structlog

from pipelines.adapters.openai_api.faults import Fault, fault_of

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """The policy, and the outside that it needs: a way to wait, chance, a stopwatch and the time of day."""

    tries: int = 5
    first_seconds: float = 0.5
    longest_seconds: float = 20.0
    most_asked_for_seconds: float = 60.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    stopwatch: Callable[[], float] = time.monotonic
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def pause(self, tried: int, asked_for: float | None) -> float:
        """Seconds until the next try, by chance or as the server asked."""
        if asked_for is not None:
            # A little more than asked for, or all would return in the same moment.
            return min(asked_for, self.most_asked_for_seconds) + self.chance() * self.first_seconds
        return self.chance() * min(self.longest_seconds, self.first_seconds * 2.0 ** (tried - 1))


@dataclass(frozen=True, slots=True)
class Got(Generic[T]):
    """What a request brought, how many tries it took, and how long the last of them was."""

    value: T
    tries: int
    latency_ms: int


class GaveUp(Exception):
    """The request failed for good, or once too often."""

    def __init__(self, fault: Fault, tries: int, latency_ms: int) -> None:
        super().__init__(fault.kind)
        self.fault, self.tries, self.latency_ms = fault, tries, latency_ms


async def patiently(
    call: Callable[[], Awaitable[T]], patience: Patience, within_seconds: float, *, twice: bool = True
) -> Got[T]:
    """Make the call until it succeeds, fails for good, or has failed `patience.tries` times.

    What may not be done `twice` is tried again only when it surely was not done.
    """
    from openai import OpenAIError

    tries = 0
    while True:
        tries += 1
        began = patience.stopwatch()
        try:
            # The whole exchange: a server that drips would keep a read time-out waiting for ever.
            async with asyncio.timeout(within_seconds):
                value = await call()
        except (OpenAIError, TimeoutError) as error:
            fault = fault_of(error, patience.clock())
        else:
            return Got(value, tries, _milliseconds(patience.stopwatch() - began))
        may_pass = fault.passing if twice else fault.surely_undone
        if not may_pass or tries >= patience.tries:
            raise GaveUp(fault, tries, _milliseconds(patience.stopwatch() - began))
        pause = patience.pause(tries, fault.wait_seconds)
        log.info("asking again", trouble=fault.kind, status=fault.status, tries=tries, seconds=round(pause, 2))
        await patience.sleep(pause)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
