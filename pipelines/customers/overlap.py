"""Two things at once: the next slice is checked while the last one is loaded."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

T = TypeVar("T")
AHEAD = 2


def ahead(items: Iterator[T], *, depth: int = AHEAD) -> Generator[T, None, None]:
    """The same items in the same order, made by a thread that is at most `depth` ahead of who takes them."""
    ready: queue.Queue[tuple[str, T | BaseException | None]] = queue.Queue(maxsize=depth)
    given_up = threading.Event()

    def make() -> None:
        try:
            for item in items:
                ready.put(("item", item))
                if given_up.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised again where the items are taken
            ready.put(("error", error))
        else:
            ready.put(("end", None))

    maker = threading.Thread(target=make, name="checks ahead", daemon=True)
    maker.start()
    try:
        while (message := ready.get())[0] == "item":
            yield message[1]  # type: ignore[misc]
        if isinstance(message[1], BaseException):
            raise message[1]
    finally:
        given_up.set()
        while maker.is_alive():
            try:
                ready.get(timeout=0.05)
            except queue.Empty:
                continue
