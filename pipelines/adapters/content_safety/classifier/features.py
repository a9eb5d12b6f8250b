"""What the linear model reads in a sentence: words, pairs of them, parts of words, and words by their meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.adapters.content_safety.classifier.vectors import Vectors

Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

BUCKETS = 1 << 17
GRAMS = (3, 4, 5)
LONGEST_WORD = 24
NEAR, FAR = 2, 6
MOST_MEANINGS = 3
# The first meanings of the lexicon are names of groups; the next one is what follows an adjective of them: people.
GROUPS = 3
# Words and their parts say little each and are many: together they weigh as one.
WORD_WEIGHT, GRAM_WEIGHT, PAIR_WEIGHT, MEANING_WEIGHT = 2.0, 1.0, 0.7, 0.7
VECTOR_WEIGHT = 3.0
MOST_COUNTED = 1.5
DENIED_WITHIN = 4
# Room for meanings: the lexicon may grow to as many before the shape of the weights changes.
MEANINGS = 40
MOST_WORDS = 40_000
_PRIME, _MIX = np.uint64(0x100000001B3), np.uint64(0xBF58476D1CE4E5B9)


def _mixed(hashes: Hashes, salt: int) -> Hashes:
    spread = (hashes + np.uint64(salt * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)) * _MIX
    spread ^= spread >> np.uint64(31)
    return spread * _PRIME


def _bucket(hashes: Hashes) -> Ints:
    return ((hashes >> np.uint64(20)) & np.uint64(BUCKETS - 1)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Read:
    """Features of some sentences: row, bucket and value of each, in the order of the rows, and what each is about.

    `summary` holds a row for each sentence: its mean vector, how often each meaning is in it, and how often denied.
    """

    rows: Ints
    buckets: Ints
    values: Floats
    summary: Floats


class Reader:
    """Turns sentences into features and remembers the words that it has met."""

    def __init__(self, meanings: Mapping[str, Sequence[int]], vectors: Vectors) -> None:
        self._meanings = meanings
        self._negation = meanings["not"][0]
        self._vectors = vectors
        self._forget()

    def _forget(self) -> None:
        self._known: dict[str, int] = {}
        self._hash = np.zeros(0, np.uint64)
        self._alike = np.zeros(0, np.uint64)
        self._meaning = np.zeros((0, MOST_MEANINGS), np.int64)
        self._gram_starts = np.zeros(1, np.int64)
        self._grams = np.zeros(0, np.int64)
        self._vector = np.zeros((0, self._vectors.dimensions), np.float32)

    def read(self, sentences: Sequence[Sequence[str]]) -> Read:
        """The features of each sentence, which depend on nothing but its words."""
        if len(self._known) > MOST_WORDS:
            self._forget()
        self._learn(dict.fromkeys(word for sentence in sentences for word in sentence if word not in self._known))
        sizes = np.array([len(sentence) for sentence in sentences], np.int64)
        ids = np.array([self._known[word] for sentence in sentences for word in sentence], np.int64)
        row_of = np.repeat(np.arange(len(sentences)), sizes)
        thin = (1 / np.sqrt(np.maximum(sizes, 1))).astype(np.float32)
        parts = [
            (row_of, _bucket(_mixed(self._hash[ids], 1)), WORD_WEIGHT * thin[row_of]),
            self._grams_of(ids, row_of, thin),
            *self._neighbours(ids, row_of),
            *self._meanings_of(ids, row_of),
            *self._skeleton(ids, row_of),
        ]
        rows, buckets, values = (np.concatenate([part[at] for part in parts]) for at in range(3))
        order = np.argsort(rows, kind="stable")
        denied = self._denied(ids, row_of)
        counts = [self._counts(ids[some], row_of[some], len(sizes)) for some in (~denied, denied)]
        summary = np.hstack((self._means(ids, sizes), *counts))
        return Read(rows[order], buckets[order], values[order].astype(np.float32), summary)

    def _means(self, ids: Ints, sizes: Ints) -> Floats:
        sums = np.zeros((len(sizes), self._vectors.dimensions), np.float32)
        said = np.flatnonzero(sizes)
        if len(said):
            starts = np.concatenate(([0], np.cumsum(sizes[said])[:-1]))
            sums[said] = np.add.reduceat(self._vector[ids], starts, axis=0)
        lengths = np.sqrt(np.square(sums).sum(axis=1, keepdims=True)) / np.float32(VECTOR_WEIGHT)
        made: Floats = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
        return made

    def _denied(self, ids: Ints, row_of: Ints) -> npt.NDArray[np.bool_]:
        """Whether a word follows a negation within a few words."""
        denying = (self._meaning[ids] == self._negation).any(axis=1)
        denied = np.zeros(len(ids), bool)
        for gap in range(1, DENIED_WITHIN + 1):
            denied[gap:] |= denying[:-gap] & (row_of[gap:] == row_of[:-gap])
        return denied

    def _counts(self, ids: Ints, row_of: Ints, rows: int) -> Floats:
        meaning = self._meaning[ids]
        at, which = np.nonzero(meaning >= 0)
        cells = row_of[at] * MEANINGS + meaning[at, which]
        counts = np.bincount(cells, minlength=rows * MEANINGS).reshape(rows, MEANINGS)
        made: Floats = np.minimum(counts * 0.5, MOST_COUNTED).astype(np.float32)
        return made

    def _grams_of(self, ids: Ints, row_of: Ints, thin: Floats) -> tuple[Ints, Ints, Floats]:
        counts = self._gram_starts[ids + 1] - self._gram_starts[ids]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = np.repeat(row_of, counts)
        share = (1 / np.sqrt(np.maximum(counts, 1))).astype(np.float32)
        return (
            rows,
            self._grams[np.repeat(self._gram_starts[ids], counts) + within],
            GRAM_WEIGHT * thin[rows] * np.repeat(share, counts),
        )

    def _neighbours(self, ids: Ints, row_of: Ints) -> list[tuple[Ints, Ints, Floats]]:
        """Pairs and triples of neighbours, by word and with words replaced by what they mean."""
        words, alike = self._hash[ids], self._alike[ids]
        found = []
        for salt, stream, reach in ((2, words, (1,)), (3, alike, (1,)), (4, alike, (2,)), (5, alike, (1, 2))):
            size = max(len(ids) - reach[-1], 0)
            same = np.flatnonzero(row_of[:size] == row_of[reach[-1] :][:size])
            joined = _mixed(stream[same], salt)
            for step in reach:
                joined = _mixed(joined ^ stream[same + step], salt + 10 * step)
            found.append((row_of[same], _bucket(joined), np.full(len(same), PAIR_WEIGHT, np.float32)))
        return found

    def _meanings_of(self, ids: Ints, row_of: Ints) -> list[tuple[Ints, Ints, Floats]]:
        """Each meaning, and each meaning before another, near or a few words off."""
        meaning = self._meaning[ids]
        at, which = np.nonzero(meaning >= 0)
        alone = meaning[at, which].astype(np.uint64)
        found = [(row_of[at], _bucket(_mixed(alone, 6)), np.full(len(at), MEANING_WEIGHT, np.float32))]
        for gap in range(1, FAR + 1):
            size = max(len(ids) - gap, 0)
            same = np.flatnonzero(row_of[:size] == row_of[gap:][:size])
            same = same[(meaning[same, 0] >= 0) & (meaning[same + gap, 0] >= 0)]
            for first in range(MOST_MEANINGS):
                for second in range(MOST_MEANINGS):
                    a, b = meaning[same, first], meaning[same + gap, second]
                    both = np.flatnonzero((a >= 0) & (b >= 0))
                    pair = (a[both] * 64 + b[both]).astype(np.uint64)
                    buckets = _bucket(_mixed(pair, 7 if gap <= NEAR else 8))
                    found.append((row_of[same[both]], buckets, np.full(len(both), MEANING_WEIGHT, np.float32)))
        return found

    def _skeleton(self, ids: Ints, row_of: Ints) -> list[tuple[Ints, Ints, Floats]]:
        """Two to four meanings in a row once every other word is left out; "black people" is one group."""
        first = self._meaning[ids, 0]
        said = np.flatnonzero(first >= 0)
        symbol = np.where(first[said] < GROUPS, 0, first[said])
        rows = row_of[said]
        before = np.concatenate(([-1], symbol[:-1]))
        again = (np.concatenate(([-1], rows[:-1])) == rows) & (
            (before == symbol) | ((before == 0) & (symbol == GROUPS))
        )
        symbol, rows = symbol[~again].astype(np.uint64), rows[~again]
        found = []
        for size in (2, 3, 4):
            count = max(len(symbol) - size + 1, 0)
            same = np.flatnonzero(rows[:count] == rows[size - 1 :][:count])
            joined = symbol[same]
            for step in range(1, size):
                joined = joined * np.uint64(64) + symbol[same + step]
            weight = np.full(len(same), PAIR_WEIGHT, np.float32)
            found.append((rows[same], _bucket(_mixed(joined, 20 + size)), weight))
        return found

    def _learn(self, words: Mapping[str, object]) -> None:
        if not words:
            return
        listed = list(words)
        self._known |= {word: len(self._known) + at for at, word in enumerate(listed)}
        hashes, grams, counts = _hashed(listed)
        meaning = np.full((len(listed), MOST_MEANINGS), -1, np.int64)
        for at, word in enumerate(listed):
            known = self._meanings.get(word, ())
            meaning[at, : len(known)] = known
        first = meaning[:, 0].astype(np.uint64)
        self._alike = np.concatenate((self._alike, np.where(meaning[:, 0] >= 0, _mixed(first, 9), hashes)))
        self._hash = np.concatenate((self._hash, hashes))
        self._meaning = np.concatenate((self._meaning, meaning))
        self._gram_starts = np.concatenate((self._gram_starts, self._gram_starts[-1] + np.cumsum(counts)))
        self._grams = np.concatenate((self._grams, grams))
        self._vector = np.concatenate((self._vector, self._vectors.sums(listed)))


def _hashed(words: Sequence[str]) -> tuple[Hashes, Ints, Ints]:
    """A hash of each word, the buckets of its parts, and how many parts each word has."""
    framed = [f"<{word[:LONGEST_WORD]}>" for word in words]
    sizes = np.array([len(word) for word in framed])
    codes = np.zeros((len(words), LONGEST_WORD + 2), np.uint64)
    flat = np.frombuffer("".join(framed).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    codes[np.arange(codes.shape[1]) < sizes[:, None]] = flat
    whole = np.full(len(words), 0xCBF29CE484222325, np.uint64)
    for column in codes.T:
        whole = np.where(column > 0, (whole ^ column) * _PRIME, whole)
    parts, owners = [], []
    for size in GRAMS:
        rolled = np.full((len(words), codes.shape[1] - size + 1), size, np.uint64)
        for step in range(size):
            rolled = (rolled * _PRIME) ^ codes[:, step : step + rolled.shape[1]]
        real = np.arange(rolled.shape[1]) <= (sizes - size)[:, None]
        parts.append(_bucket(_mixed(rolled[real], 10)))
        owners.append(np.nonzero(real)[0])
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return whole, np.concatenate(parts)[order], np.bincount(owner, minlength=len(words))
