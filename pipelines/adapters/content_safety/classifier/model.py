"""The trained weights: which level a piece of text reaches in each category."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipelines.adapters.content_safety.classifier.features import Floats, Reader
from pipelines.adapters.content_safety.classifier.network import Network
from pipelines.adapters.content_safety.classifier.repairing import Repair
from pipelines.adapters.content_safety.classifier.vectors import Vectors
from pipelines.contracts import Refusal
from pipelines.safety.ports import CATEGORIES

Level = Literal[0, 2, 4, 6]
LEVELS: tuple[Level, ...] = (0, 2, 4, 6)
WEIGHTS = Path(__file__).with_name("weights.npz")
CODE = (*sorted(WEIGHTS.parent.glob("*.py")), WEIGHTS.parent.with_name("offline.py"))
PIECES_AT_ONCE = 512
SEXUAL = CATEGORIES.index("Sexual")


class Model:
    """Weights, thresholds and the lexicon that they were trained with."""

    def __init__(self, stored: Mapping[str, npt.NDArray[Any]], version: str) -> None:
        self.version = version
        self._grams = stored["grams"].astype(np.float32) * stored["scale"]
        self._network = Network(*(stored[name].astype(np.float32) for name in ("inner", "inner_bias", "outer", "bias")))
        self._thresholds = stored["thresholds"]
        words = stored["words"].tolist()
        meanings = {word: tuple(row[row >= 0].tolist()) for word, row in zip(words, stored["meanings"], strict=True)}
        vectors = Vectors()
        self._reader = Reader(meanings, vectors)
        self._minors = frozenset(stored["minors"].tolist())
        self.repair = Repair(stored["risky"].tolist(), [*words, *stored["ordinary"].tolist()], vectors.is_word)

    def levels(self, texts: Sequence[Sequence[Sequence[str]]]) -> list[tuple[Level, ...]]:
        """The highest level among the pieces of each text, category by category."""
        whose = np.repeat(np.arange(len(texts)), [len(pieces) for pieces in texts])
        flat = [piece for pieces in texts for piece in pieces]
        highest = np.zeros((len(texts), len(CATEGORIES)), np.int64)
        for at in range(0, len(flat), PIECES_AT_ONCE):
            some = flat[at : at + PIECES_AT_ONCE]
            np.maximum.at(highest, whose[at : at + PIECES_AT_ONCE], self._steps(some))
        return [tuple(LEVELS[step] for step in row) for row in highest.tolist()]

    def _steps(self, some: Sequence[Sequence[str]]) -> npt.NDArray[np.int64]:
        reached = (self.scores(some) > self._thresholds).reshape(len(some), len(CATEGORIES), -1)
        # A level counts only with all levels below it: each has a model of its own, and one alone may err.
        steps = np.logical_and.accumulate(reached, axis=2).sum(axis=2)
        for at in np.flatnonzero(steps[:, SEXUAL]).tolist():
            if not self._minors.isdisjoint(some[at]):
                steps[at, SEXUAL] = min(steps[at, SEXUAL] + 1, len(LEVELS) - 1)
        return np.asarray(steps, np.int64)

    def scores(self, some: Sequence[Sequence[str]]) -> Floats:
        """How much speaks for each category's levels in each piece, in log odds."""
        read = self._reader.read(some)
        made = self._network.scores(read.summary)
        if len(read.rows):
            rows, starts = np.unique(read.rows, return_index=True)
            made[rows] += np.add.reduceat(self._grams[read.buckets] * read.values[:, None], starts, axis=0)
        # Sums in another order differ in the last digits: what is that close to a threshold is on the same side always.
        return np.round(made, 3)


@cache
def load_model(path: Path = WEIGHTS) -> Model:
    """The model in the package; read once."""
    try:
        raw = path.read_bytes()
        with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
            return Model(dict(stored), f"liftline-{_fingerprint(raw)}")
    except (OSError, ValueError, KeyError) as error:
        raise Refusal(
            f"The weights {path} of the offline screen cannot be read ({error}); build them by "
            "`python -m pipelines.adapters.content_safety.training`."
        ) from error


def _fingerprint(weights: bytes) -> str:
    """Of the weights and of the code that reads a text with them: either may change a verdict."""
    digest = hashlib.sha256(weights)
    for path in CODE:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
