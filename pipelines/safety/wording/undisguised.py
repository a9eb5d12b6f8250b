"""A folded text with the words that matter put right: digits for letters, spelt out, cut in two, written as one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pipelines.safety.wording.folding import skeleton
from pipelines.safety.wording.phrases import Reading, read

_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][\W_]{1,3}){2,}[^\W_](?![^\W_])")
_CHUNK = re.compile(r"[^\s,;]*[^\W_][^\s,;]*")
_BETWEEN = re.compile(r"[ \t]*[,;|/*~_]+[ \t]*|[ \t]{2,}")
_ENDS = re.compile(r"^[^\w@$!|]*|[^\w@$]*$")
# Shorter words are too often a part of two honest ones, or a letter away from one.
_LEAST_VARIED, _LEAST_RUN_ON, _LONGEST = 5, 10, 80


class Undisguised:
    """Reads disguised texts towards a few words and towards no others."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._bones: dict[str, list[str]] = {}
        for word in sorted(self._words):
            self._bones.setdefault(skeleton(word), []).append(word)
        self._long = frozenset(word for word in self._words if len(word) >= _LEAST_VARIED)
        self._varied = {variant: word for word in sorted(self._long) for variant in _variants(word)}
        self._put_right = lru_cache(maxsize=20_000)(self._chunk)

    def __call__(self, text: str) -> str | None:
        """The text as it is meant; None where nothing in it looks disguised."""
        cut = read(text)
        halves = self._long & cut.joined.keys()
        if not halves and not self._looks_disguised(cut):
            return None
        for left, right in sorted(set(zip(cut.words, cut.words[1:], strict=False))) if halves else ():
            if left + right in halves:
                text = re.sub(rf"\b{re.escape(left)}\s+{re.escape(right)}\b", left + right, text)
        spelt = _SPACED.sub(lambda found: self._spelt(found[0]), text)
        return _BETWEEN.sub(" ", _CHUNK.sub(lambda found: self._put_right(found[0]), spelt))

    def _looks_disguised(self, cut: Reading) -> bool:
        return bool(
            cut.spaced
            or any(cut.odd)
            or not self._varied.keys().isdisjoint(cut.whole)
            or max(map(len, cut.words), default=0) >= _LEAST_RUN_ON * 2
        )

    def _spelt(self, run: str) -> str:
        """The words of letters that stand apart; where wider gaps part the words, they are kept."""
        parts = re.split(r"\s{2,}", run)
        return " ".join(self._put_right("".join(re.findall(r"[^\W_]", part))) for part in parts)

    def _chunk(self, chunk: str) -> str:
        # Nobody reads a word in what goes on for longer, and taking its ends off would take for ever.
        core = _ENDS.sub("", chunk) if len(chunk) <= _LONGEST else ""
        if not core or core in self._words:
            return chunk
        if (meant := self._meant(core)) is None:
            parts = re.split(r"[^a-z0-9@$!|+*']+", core)
            meant = " ".join(self._meant(part) or self._run_on(part) or part for part in parts)
        return chunk.replace(core, meant, 1)

    def _meant(self, word: str) -> str | None:
        if word in self._words:
            return word
        if word.isalpha():
            return self._varied.get(word)
        found = self._bones.get(skeleton(word), []) if any(map(str.isalpha, word)) else []
        return min(found, key=lambda one: abs(len(one) - len(word)), default=None)

    def _run_on(self, word: str) -> str | None:
        """Words that were written as one."""
        bare = skeleton(word)
        if len(bare) < _LEAST_RUN_ON:
            return None
        best: list[list[str] | None] = [[], *[None] * len(bare)]
        for end in range(2, len(bare) + 1):
            for start in range(end - 1):
                before = best[start]
                if before is not None and (found := self._bones.get(bare[start:end])):
                    best[end] = [*before, max(found, key=len)]
                    break
        return " ".join(best[-1]) if best[-1] else None


def _variants(word: str) -> Iterator[str]:
    """The word with a letter doubled, or with an l for an i and the other way round."""
    for at, letter in enumerate(word):
        yield word[:at] + letter + word[at:]
        if letter in "il":
            yield word[:at] + ("l" if letter == "i" else "i") + word[at + 1 :]
