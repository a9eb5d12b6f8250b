"""One hidden layer over what a sentence is about, and the linear model's part of the same summary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.adapters.content_safety.classifier.features import Floats

# A matrix product rounds by its shape; with one shape for all, a verdict does not depend on what else is in the batch.
ROWS = 64


@dataclass(frozen=True, slots=True)
class Network:
    """Weights into the hidden layer, and out of it and of the summary to each category and level."""

    inner: Floats
    inner_bias: Floats
    outer: Floats
    bias: Floats

    def scores(self, summary: Floats) -> Floats:
        """One row a sentence."""
        blocks = -(-len(summary) // ROWS)
        padded = np.zeros((blocks * ROWS, summary.shape[1]), np.float32)
        padded[: len(summary)] = summary
        parts = [self._block(padded[at * ROWS : (at + 1) * ROWS]) for at in range(blocks)]
        return np.concatenate(parts)[: len(summary)] if parts else np.zeros((0, len(self.bias)), np.float32)

    def _block(self, summary: Floats) -> Floats:
        hidden = np.maximum(summary @ self.inner + self.inner_bias, 0)
        made: Floats = np.hstack((hidden, summary)) @ self.outer + self.bias
        return made
