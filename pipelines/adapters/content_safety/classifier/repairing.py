"""Words that were spelt so that a filter misses them, mended towards words that matter and towards no others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

_SPACED = re.compile(r"(?<![^\W_])(?:[a-z0-9@$!|][\s._*~/\\-]{1,3}){2,}[a-z0-9@$!|](?![^\W_])")
_TOKEN = re.compile(r"[a-z0-9@$!|+*#]{2,}")
# Everything that may stand for one letter is folded into one sign; words that look the same then are one.
_FOLD = str.maketrans("1l!|034@5$z7+8962", "iiiioeaasssttbggs")
_RUN = re.compile(r"(.)\1+")
# What stands beside a harmful word in one that was written without spaces; "the" would make a therapist of two.
_JOINTS = frozenset({
    "i", "you", "your", "yourself", "urself", "self", "me", "him", "her", "them", "us", "all", "my", "now", "go",
    "every", "those", "we", "they", "are", "should", "be", "must", "so", "such", "people", "deserve", "to", "these",
})  # fmt: skip
_TWO_LETTERS = frozenset({
    "am", "an", "as", "at", "be", "by", "do", "eu", "ex", "go", "he", "hi", "if", "in", "is", "it", "me", "mr", "ms",
    "my", "no", "of", "oh", "ok", "on", "or", "pm", "so", "to", "tv", "uk", "up", "us", "vs", "we",
})  # fmt: skip
_SHORTEST_MISSPELT, _SHORTEST_JOINED, _LONGEST_PART = 5, 5, 14


class Repair:
    """Mends a normalised text; None where there was nothing to mend."""

    def __init__(self, risky: Sequence[str], known: Iterable[str], is_word: Callable[[str], bool]) -> None:
        self._risky = frozenset(risky)
        self._known = frozenset(known) | _JOINTS
        self._is_word = is_word
        # Of two words that look alike the shorter, then the first, is meant; the order is that of the alphabet.
        terms = sorted(self._risky | _JOINTS, key=lambda word: (-len(word), word), reverse=True)
        self._folded = {_folded(term): term for term in reversed(terms)}
        self._uncertain = {term.replace("l", "i"): term for term in terms if len(term) >= 4}
        self._without = {part: term for term in terms if len(term) >= _SHORTEST_MISSPELT for part in _shorter(term)}
        self._joinable = frozenset(word for word in risky if len(word) >= 3) | _JOINTS
        self._by_length: dict[int, list[str]] = {}
        for term in sorted(risky):
            self._by_length.setdefault(len(term), []).append(term)
        self._mended = lru_cache(maxsize=50_000)(self._mend)
        self._strange = lru_cache(maxsize=50_000)(self._is_strange)

    def __call__(self, text: str) -> str | None:
        """The text with its disguised words in plain letters."""
        closed = _SPACED.sub(self._closed, text)
        tokens = _TOKEN.findall(closed)
        if closed == text and not any(map(self._strange, tokens)):
            return None
        mended = _TOKEN.sub(lambda found: self._mended(found[0]), self._rejoined(closed, tokens))
        return mended if mended != text else None

    def _is_strange(self, token: str) -> bool:
        if token in self._known or token.isdigit():
            return False
        return token not in _TWO_LETTERS if len(token) == 2 else not (token.isalpha() and self._is_word(token))

    def _rejoined(self, text: str, tokens: Sequence[str]) -> str:
        """Words that a space has cut in two, where a half of them is no word."""
        for left, right in zip(tokens, tokens[1:], strict=False):
            whole = left + right
            if len(whole) >= 4 and whole in self._risky and (self._strange(left) or self._strange(right)):
                text = re.sub(rf"(?<!\w){re.escape(left)}\s+{re.escape(right)}(?!\w)", whole, text)
        return text

    def _closed(self, found: re.Match[str]) -> str:
        run = found[0]
        by_space = not re.search(r"\S[._*~/\\-]+\S", run)
        words = re.split(r"\s{2,}" if by_space else r"\s+", run)
        joined = ["".join(re.findall(r"[a-z0-9@$!|]", word)) for word in words]
        mended = [self._mended(word) if len(word) >= 3 else word for word in joined]
        if any(part in self._risky for word in mended for part in word.split()):
            return " ".join(mended)
        return run

    def _mend(self, token: str) -> str:
        if not self._strange(token):
            return token
        core = token.rstrip("!+*#|")
        if len(core) < 3:
            return token
        if core.isalpha():
            if self._is_word(core) or core in self._known:
                return token
            # A capital I and a small l are one stroke: kiII.
            uncertain = self._uncertain.get(core.replace("l", "i"))
            return uncertain or self._long_drawn(core) or self._misspelt(core) or self._split(core) or token
        for word in (token, core):
            mended = self._starred(word) if "*" in word or "#" in word else self._folded.get(_folded(word))
            if mended and any(letter.isalpha() or letter in "@$" for letter in word):
                return mended
        return token

    def _long_drawn(self, word: str) -> str | None:
        found = self._folded.get(_folded(word)) if _RUN.search(word) else None
        return found if found and len(word) > len(found) else None

    def _misspelt(self, word: str) -> str | None:
        """The word that matters which is one letter more, less or other, or has two letters the other way round."""
        if len(word) < _SHORTEST_MISSPELT - 1:
            return None
        if word in self._without:
            return self._without[word]
        for part in _shorter(word):
            if part in self._risky and len(part) >= _SHORTEST_MISSPELT:
                return part
            meant = self._without.get(part)
            if meant and meant[0] == word[0] and len(meant) == len(word):
                return meant
        return None

    def _starred(self, word: str) -> str | None:
        pattern = re.compile(re.sub(r"[^a-z]", ".", word))
        return next((term for term in self._by_length.get(len(word), ()) if pattern.fullmatch(term)), None)

    def _split(self, word: str) -> str | None:
        """The word as several, if every one of them is known and one of them matters."""
        if not _SHORTEST_JOINED <= len(word) <= 40:
            return None
        best: list[list[str] | None] = [[], *[None] * len(word)]
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - _LONGEST_PART), end):
                before = best[start]
                if before is not None and word[start:end] in self._joinable:
                    best[end] = [*before, word[start:end]]
                    break
        parts = best[-1]
        if parts and len(parts) > 1 and any(len(part) >= 4 and part in self._risky for part in parts):
            return " ".join(parts)
        return None


def _folded(word: str) -> str:
    return _RUN.sub(r"\1", word.translate(_FOLD))


def _shorter(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))
