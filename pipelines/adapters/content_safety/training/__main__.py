"""Builds the weights of the offline screen: `python -m pipelines.adapters.content_safety.training [-o FILE]`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from pipelines.adapters.content_safety.classifier.features import Reader
from pipelines.adapters.content_safety.classifier.model import WEIGHTS
from pipelines.adapters.content_safety.classifier.vectors import Vectors
from pipelines.adapters.content_safety.training.examples import examples, sources
from pipelines.adapters.content_safety.training.fitting import train
from pipelines.adapters.content_safety.training.lexicon import ORDINARY, meanings_of, read_lexicon

SEED, HARMFUL, HARMLESS = 7, 36, 40
# Towards these words a disguised one may be mended.
RISKY = (
    "groups", "group_one", "slur", "profane", "vermin", "hatred", "kill", "hurt", "weapon", "selfharm", "self",
    "sexact", "sexbody", "sexmild",
)  # fmt: skip


def main() -> None:
    """Draw the sentences, fit, and write the file."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("-o", "--output", type=Path, default=WEIGHTS)
    output = asked.parse_args().output
    lexicon = read_lexicon()
    meanings = meanings_of(lexicon)
    drawn = examples(lexicon, SEED, HARMFUL, HARMLESS)
    print(f"{len(drawn)} sentences, {sum(bool(one.labels) for one in drawn)} of them harmful")
    made = train(Reader(meanings, Vectors()), drawn, SEED)
    numbers = np.full((len(meanings), 3), -1, np.int8)
    for row, known in zip(numbers, meanings.values(), strict=True):
        row[: len(known)] = known
    scale = np.abs(made.grams).max(axis=0) / 127
    np.savez_compressed(
        output,
        # One byte a weight: a quarter of the file, and 3 of 1,000 labelled texts are judged otherwise.
        grams=np.round(made.grams / scale).astype(np.int8),
        scale=scale,
        inner=made.network.inner.astype(np.float16),
        inner_bias=made.network.inner_bias,
        outer=made.network.outer,
        bias=made.network.bias,
        thresholds=made.thresholds,
        words=np.array(list(meanings)),
        meanings=numbers,
        risky=np.array(sorted({word.lower() for meaning in RISKY for word in lexicon[meaning] if word.isalpha()})),
        ordinary=np.array(ORDINARY.read_text(encoding="utf-8").split()),
        sources=np.array(sources()),
        minors=np.array(sorted(lexicon["minor"])),
    )
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
