"""A request to an OpenAI API, made again as long as the trouble may pass and patience lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from pipelines.adapters.openai_api.faults import Fault, fault_of
from pipelines.adapters.patience import Patience

T = TypeVar("T")
AsyncPatience = Patience[Awaitable[None]]
PATIENT: AsyncPatience = Patience(asyncio.sleep)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Got(Generic[T]):
    """What a request brought, how many tries it took, how long the last was, how many may have been done unheard."""

    value: T
    tries: int
    latency_ms: int
    unheard: int


class GaveUp(Exception):
    """The request failed for good, or once too often, or must not be tried again because of what `barred` says."""

    def __init__(self, fault: Fault, tries: int, latency_ms: int, unheard: int, barred: str = "") -> None:
        super().__init__(fault.kind)
        self.fault, self.tries, self.latency_ms, self.unheard = fault, tries, latency_ms, unheard
        self.barred = barred


async def nothing_bars() -> str:
    """For a call whose tries cost nothing that anybody counts."""
    return ""


async def patiently(
    call: Callable[[], Awaitable[T]],
    patience: AsyncPatience,
    within_seconds: float,
    *,
    twice: bool = True,
    failed: int = 0,
    barred: Callable[[], Awaitable[str]] = nothing_bars,
) -> Got[T]:
    """Make the call until it succeeds, fails for good, or has failed `patience.tries` times, `failed` of them before.

    What may not be done `twice` is tried again only when it surely was not done, and what may have been done unheard
    only when `barred` says nothing against it.
    """
    from openai import OpenAIError

    tries = unheard = 0
    while True:
        tries += 1
        began = patience.stopwatch()
        try:
            # The whole exchange: a server that drips would keep a read time-out waiting for ever.
            async with asyncio.timeout(within_seconds):
                value = await call()
        except (OpenAIError, TimeoutError) as error:
            fault = fault_of(error, patience.clock())
            unheard += fault.unheard
        else:
            return Got(value, tries, _milliseconds(patience.stopwatch() - began), unheard)
        may_pass = fault.passing if twice else fault.surely_undone
        took = _milliseconds(patience.stopwatch() - began)
        if not may_pass or failed + tries >= patience.tries:
            raise GaveUp(fault, tries, took, unheard)
        if fault.unheard and (why := await barred()):
            raise GaveUp(fault, tries, took, unheard, why)
        pause = patience.pause(failed + tries, fault.wait_seconds)
        log.info("asking again", trouble=fault.kind, status=fault.status, tries=failed + tries, seconds=round(pause, 2))
        await patience.sleep(pause)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
