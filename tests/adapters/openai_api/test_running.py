"""Asynchronous work behind a plain iterator: results, failures and endings come through, threads do not stay."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from pipelines.adapters.openai_api.running import as_they_come, run_apart


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "openai"]


async def counting(hand: Callable[[int], None]) -> None:
    for number in range(5):
        hand(number)
        await asyncio.sleep(0)


def test_results_come_in_the_order_in_which_they_are_handed() -> None:
    assert list(as_they_come(counting)) == [0, 1, 2, 3, 4]
    assert threads() == []


def test_a_failure_of_the_work_is_the_callers_after_what_came_before() -> None:
    async def failing(hand: Callable[[int], None]) -> None:
        hand(1)
        raise KeyError("broken")

    coming = as_they_come(failing)
    assert next(coming) == 1
    with pytest.raises(KeyError, match="broken"):
        next(coming)
    assert threads() == []


def test_work_left_behind_is_ended_with_it() -> None:
    ended = []

    async def straying() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    async def leaving(hand: Callable[[asyncio.Task[None]], None]) -> None:
        hand(asyncio.ensure_future(straying()))
        await asyncio.sleep(0)

    list(as_they_come(leaving))
    assert ended == [True]


def test_it_works_inside_a_running_loop() -> None:
    async def answer() -> str:
        return "yes"

    async def page() -> str:
        return run_apart(answer)

    assert asyncio.run(page()) == "yes"
