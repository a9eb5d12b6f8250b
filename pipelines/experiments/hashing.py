"""GrowthBook's hashing over whole columns of ids, bit for bit, so that a web page puts the same person in the same arm.

FNV-1a folds the UTF-16 code units of a text into 32 bits. Version 1 hashes value + seed into 1,000 steps, version 2
hashes the decimal digits of the hash of seed + value into 10,000. Ids of plain ASCII are read as the bytes they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.contracts import Refusal

Ids: TypeAlias = "pa.Array | pa.ChunkedArray | Sequence[str]"
Steps = npt.NDArray[np.uint16]
Buckets = npt.NDArray[np.float64]
Ranges = Sequence[tuple[float, float]]
Version = Literal[1, 2]

STEPS: dict[int, int] = {1: 1_000, 2: 10_000}
# So many ids at once that the state of the hash stays in the processor's cache.
AT_ONCE = 16_384
_PRIME, _OFFSET = np.uint32(0x01000193), 0x811C9DC5


def steps_of(ids: Ids, seed: str, version: int = 2) -> Steps:
    """On which of the steps of the unit interval each id lands; `bucket` is the step divided by their number."""
    if version not in STEPS:
        raise Refusal(f"There is no hash version {version}; GrowthBook has 1 and 2.")
    units, starts = _code_units(ids)
    steps = np.empty(len(starts) - 1, np.uint16)
    sown = _text_state(seed, _OFFSET)
    for begin in range(0, len(steps), AT_ONCE):
        bounds = starts[begin : begin + AT_ONCE + 1]
        if version == 1:
            state = _folded(units, bounds, _OFFSET)
            for unit in _utf16(seed):
                _fold(state, unit)
        else:
            state = _of_digits(_folded(units, bounds, sown))
        steps[begin : begin + AT_ONCE] = state % np.uint32(STEPS[version])
    return steps


def buckets_of(ids: Ids, seed: str, version: int = 2) -> Buckets:
    """Where in [0, 1) each id lands."""
    return steps_of(ids, seed, version) / STEPS[version]


def in_namespace(ids: Ids, name: str, start: float, end: float) -> npt.NDArray[np.bool_]:
    """Who is in the part of a namespace from `start` up to `end`."""
    found = buckets_of(ids, f"__{name}", 1)
    return (found >= start) & (found < end)


def equal_weights(arms: int) -> list[float]:
    """The same share for each arm."""
    return [1 / arms] * arms if arms > 0 else []


def bucket_ranges(
    arms: int, coverage: float = 1.0, weights: Sequence[float] | None = None
) -> list[tuple[float, float]]:
    """Where each arm begins and ends; coverage shrinks each range where it stands, odd weights mean equal ones."""
    shares = np.array(weights if weights is not None and len(weights) == arms else equal_weights(arms))
    if not 0.99 <= shares.sum() <= 1.01:
        shares = np.array(equal_weights(arms))
    starts = np.concatenate(([0.0], np.cumsum(shares)[:-1]))
    ends = starts + min(max(coverage, 0.0), 1.0) * shares
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def choose(buckets: npt.ArrayLike, ranges: Ranges) -> npt.NDArray[np.int16]:
    """The first range that holds each bucket; -1 where none does."""
    where = np.asarray(buckets, np.float64)
    chosen = np.full(where.shape, -1, np.int16)
    for place in reversed(range(len(ranges))):
        start, end = ranges[place]
        chosen[(where >= start) & (where < end)] = place
    return chosen


def _code_units(
    ids: Ids,
) -> tuple[npt.NDArray[np.unsignedinteger], npt.NDArray[np.int64]]:
    """All UTF-16 code units one after the other, and where each id begins; the last entry is the end."""
    array = ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(ids, pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = array.cast(pa.large_string())
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    if data is None or starts[0] == starts[-1]:
        return np.zeros(0, np.uint8), np.zeros(len(starts), np.int64)
    held = np.frombuffer(data, np.uint8)[starts[0] : starts[-1]]
    starts = starts - starts[0]
    if held.max() < 0x80:
        return held, starts
    # A byte that continues a character adds no unit; one that begins a character beyond the first 65,536 adds two.
    before = np.concatenate(([0], np.cumsum((held & 0xC0 != 0x80).astype(np.int64) + (held >= 0xF0))))
    return np.frombuffer(held.tobytes().decode().encode("utf-16-le"), np.uint16), before[starts]


def _folded(
    units: npt.NDArray[np.unsignedinteger], bounds: npt.NDArray[np.int64], state: int
) -> npt.NDArray[np.uint32]:
    starts, lengths = bounds[:-1], np.diff(bounds)
    hashed = np.full(len(starts), state, np.uint32)
    shortest, longest = int(lengths.min(initial=0 if not len(lengths) else lengths[0])), int(lengths.max(initial=0))
    for place in range(longest):
        if shortest == longest:
            _fold(hashed, units[starts[0] + place : bounds[-1] : longest])
        elif place < shortest:
            _fold(hashed, units[starts + place])
        else:
            goes_on = np.flatnonzero(lengths > place)
            hashed[goes_on] = (hashed[goes_on] ^ units[starts[goes_on] + place]) * _PRIME
    return hashed


def _fold(state: npt.NDArray[np.uint32], units: npt.NDArray[np.unsignedinteger] | int) -> None:
    np.bitwise_xor(state, units, out=state, dtype=np.uint32, casting="same_kind")
    np.multiply(state, _PRIME, out=state)


def _utf16(text: str) -> list[int]:
    return [int(unit) for unit in np.frombuffer(text.encode("utf-16-le"), np.uint16)]


def _text_state(text: str, state: int) -> int:
    for unit in _utf16(text):
        state = (state ^ unit) * int(_PRIME) & 0xFFFFFFFF
    return state


@cache
def _leading_states() -> npt.NDArray[np.uint32]:
    """The state after the digits of each number that five further digits follow in 32 bits."""
    return np.array([_text_state(str(number) if number else "", _OFFSET) for number in range(42_950)], np.uint32)


def _of_digits(hashed: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The hash of each number as it is written in digits: the leading ones from a table, the last five by folding."""
    leading = hashed // np.uint32(100_000)
    state: npt.NDArray[np.uint32] = _leading_states()[leading]
    rest = hashed - leading * np.uint32(100_000)
    for power in (10_000, 1_000, 100, 10, 1):
        digit = rest // np.uint32(power)
        rest -= digit * np.uint32(power)
        _fold(state, digit + np.uint32(48))
    for place in np.flatnonzero(leading == 0):
        state[place] = _text_state(str(hashed[place]), _OFFSET)
    return state
