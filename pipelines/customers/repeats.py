"""Which lines may name somebody whom an earlier line of the file named, told in memory that does not grow.

Each id and each address sets a few bits of one word (a Bloom filter); a line whose bits are all set already is marked.
Bits that others set only have the merge look once more; a line without the mark is surely the first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Bits = npt.NDArray[np.uint64]

KEYS = ("customer_id", "email")
# Words of 64 bits, 32 MB a key: of a million different ids hardly one is marked for nothing, of fifteen million a few.
WORDS_LOG2 = 22


class Repeats:
    """Marks the slices of one file, in their order."""

    def __init__(self) -> None:
        self._seen = {key: np.zeros(1 << WORDS_LOG2, dtype=np.uint64) for key in KEYS}

    def marked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with the column `repeated`."""
        by_id, by_email = (_maybe(rows[key], seen) for key, seen in self._seen.items())
        return rows.with_columns(repeated=by_id | by_email)


def _maybe(column: pl.Series, seen: Bits) -> pl.Series:
    given = column.is_not_null()
    hashes = column.filter(given).hash()
    repeated = ~hashes.is_first_distinct() | pl.Series(_met(hashes.to_numpy(), seen))
    return given.scatter(given.arg_true(), repeated)


def _met(hashes: Bits, seen: Bits) -> npt.NDArray[np.bool_]:
    """Whether all bits of each were set before; they are now."""
    words = (hashes & np.uint64((1 << WORDS_LOG2) - 1)).astype(np.int64)
    bits = np.zeros_like(hashes)
    # The rest of the hash, six bits at a time, chooses bits within the word.
    for shift in range(WORDS_LOG2, 64 - 5, 6):
        bits |= np.uint64(1) << (hashes >> np.uint64(shift) & np.uint64(63))
    met: npt.NDArray[np.bool_] = (seen[words] & bits) == bits
    # Where two of these share a word only one of them arrives; the slow way is left to the others.
    seen[words] |= bits
    lost = (seen[words] & bits) != bits
    np.bitwise_or.at(seen, words[lost], bits[lost])
    return met
