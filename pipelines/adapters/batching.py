"""What is sent together: as much as one request may hold, by number and by bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def in_batches(sized: Iterable[tuple[Item, int]], *, most: int, most_bytes: int) -> Iterator[list[Item]]:
    """Items, each with its bytes, in order; one that is larger than a request may be goes alone."""
    batch: list[Item] = []
    held = 0
    for item, size in sized:
        if batch and (len(batch) == most or held + size > most_bytes):
            yield batch
            batch, held = [], 0
        batch.append(item)
        held += size
    if batch:
        yield batch
