"""Several things at once: a slice is read while the one before it is checked and the one before that is loaded."""

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
        last: tuple[str, BaseException | None] = ("end", None)
        try:
            for item in items:
                ready.put(("item", item))
                if given_up.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 - it is raised again where the items are taken
            last = ("error", error)
        ready.put(last)

    maker = threading.Thread(target=make, name="works ahead", daemon=True)
    maker.start()
    message: tuple[str, T | BaseException | None] = ("item", None)
    try:
        while (message := ready.get())[0] == "item":
            yield message[1]  # type: ignore[misc]
        if isinstance(message[1], BaseException):
            raise message[1]
    finally:
        given_up.set()
        # The maker's last word is always "end" or "error"; until then it may wait for room to say something.
        while message[0] == "item":
            message = ready.get()
        maker.join()
