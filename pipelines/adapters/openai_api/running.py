"""Asynchronous work for synchronous callers: an event loop in a thread of its own, results as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


def as_they_come(work: Callable[[Callable[[T], None]], Coroutine[Any, Any, None]]) -> Iterator[T]:
    """What `work` hands to the function it is given, while it works on; a caller who stops early cancels it."""
    handed: SimpleQueue[T | None] = SimpleQueue()
    loop = asyncio.new_event_loop()
    task = loop.create_task(work(handed.put))
    # None cannot be a result of ours: the last word of the thread, however the work ended.
    task.add_done_callback(lambda _: handed.put(None))
    thread = Thread(target=_run, args=(loop, task), name="openai", daemon=True)
    thread.start()
    try:
        while (result := handed.get()) is not None:
            yield result
    finally:
        if not task.done():
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
    task.result()


def run_apart(work: Callable[[], Awaitable[T]]) -> T:
    """The one result of `work`, also where the caller's thread has a running event loop."""

    async def whole(hand: Callable[[T], None]) -> None:
        hand(await work())

    [result] = as_they_come(whole)
    return result


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(asyncio.wait([task]))
        # What the work left behind when it failed.
        for left in (others := asyncio.all_tasks(loop)):
            left.cancel()
        loop.run_until_complete(asyncio.gather(*others, return_exceptions=True))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
