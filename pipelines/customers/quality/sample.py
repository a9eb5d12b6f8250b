"""A systematic sample of a stream of unknown length, in flat memory."""

from __future__ import annotations

import polars as pl
from polars import CompatLevel


class Sample:
    """Every k-th row of a stream; k doubles whenever more than `limit` rows would be held."""

    def __init__(self, limit: int = 100_000) -> None:
        if limit < 1:
            raise ValueError("A sample holds at least one row.")
        self.seen = 0
        self._limit = limit
        self._step = 1
        self._held: list[pl.DataFrame] = []

    def offer(self, frame: pl.DataFrame) -> None:
        """Takes the next slice; where the stream is cut into slices does not change what is kept."""
        total = self.seen + frame.height
        while -(-total // self._step) > self._limit:
            # Held are the rows 0, k, 2k, ...; every second of them is the sample at step 2k.
            self._held = [_own(self.frame().gather_every(2))]
            self._step *= 2
        taken = frame.gather_every(self._step, -self.seen % self._step)
        if not taken.is_empty() or not self._held:
            self._held.append(_own(taken) if self._step > 1 else taken)
        self.seen = total

    def frame(self) -> pl.DataFrame:
        """The rows kept so far, in the order of the file."""
        return pl.concat(self._held, how="diagonal") if self._held else pl.DataFrame()


def _own(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows in buffers of their own: polars' gathered strings keep the whole slice alive."""
    return pl.DataFrame(frame.to_arrow(compat_level=CompatLevel.oldest()))
