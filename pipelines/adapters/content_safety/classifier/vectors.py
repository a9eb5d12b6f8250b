"""wordllama's static word vectors, straight from its wheel: its own loader is slow and looks on the network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.contracts import Refusal

Floats = npt.NDArray[np.float32]
_WEIGHTS = Path("weights", "l2_supercat_256.safetensors")
_TOKENIZER = Path("tokenizers", "l2_supercat_tokenizer_config.json")


class Vectors:
    """The vector of a word is the sum of its parts' vectors."""

    dimensions = 256

    @staticmethod
    def is_word(word: str) -> bool:
        """Whether the word is so usual that it has a vector of its own."""
        return _loaded()[0].token_to_id("\u2581" + word) is not None

    def sums(self, words: Sequence[str]) -> Floats:
        """One row a word."""
        tokenizer, table = _loaded()
        encoded = tokenizer.encode_batch_fast(list(words), add_special_tokens=False)
        ids = [each.ids for each in encoded]
        sizes = np.array([len(each) for each in ids])
        made = np.zeros((len(words), self.dimensions), np.float32)
        said = np.flatnonzero(sizes)
        if len(said):
            starts = np.concatenate(([0], np.cumsum(sizes[said])[:-1]))
            flat = np.concatenate([ids[at] for at in said])
            made[said] = np.add.reduceat(table[flat].astype(np.float32), starts, axis=0)
        return made


@cache
def _loaded() -> tuple[Any, npt.NDArray[np.float16]]:
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise Refusal("The package wordllama is not installed; run `make setup`.")
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = Path(spec.origin).parent
    try:
        tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        table = load_file(folder / _WEIGHTS)["embedding.weight"]
    except Exception as error:  # noqa: BLE001  (the tokenizer's own errors share no narrower class)
        raise Refusal(f"wordllama's weights cannot be read from {folder} ({error}); run `make setup`.") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, table
