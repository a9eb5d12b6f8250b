"""Phrases of a word list found in a text, by whole words, and through the disguises that fool machines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines.safety.wording.folding import folded, skeleton

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SIGNED = re.compile(r"[^\W_].*[@$!|+€£(*.·~^=_\-0-9]|^[@$€£+|!0-9(]", re.DOTALL)
_STRETCHED = re.compile(r"([^\W\d_])\1\1")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][\W_]{1,3}){3,}[^\W_](?![^\W_])")
_AROUND = ".,;:?\"'()[]{}<>…·-–*_~"
# Shorter words are too often a part of two honest ones.
_LEAST_SPLIT, _LEAST_SPACED, _LONGEST_REMEMBERED, _LONGEST_WORD = 5, 4, 20_000, 60
ANY = "#"

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """Phrases that are treated alike; inside `not_in` they are harmless (# there stands for any word)."""

    name: str
    phrases: tuple[Words, ...]
    not_in: tuple[Words, ...] = ()

    def excused(self, words: Sequence[str], start: int, length: int) -> bool:
        """Whether the words from `start` on stand inside a phrase in which they are harmless."""
        phrase = tuple(words[start : start + length])
        for context in self.not_in:
            for at in range(len(context) - length + 1):
                if context[at : at + length] != phrase or start < at:
                    continue
                around = words[start - at : start - at + len(context)]
                if len(around) == len(context) and all(c in (ANY, w) for c, w in zip(context, around, strict=True)):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that was found, and whether it was disguised."""

    entry: Entry
    phrase: str
    disguised: bool


def words_of(text: str) -> Words:
    """The words of a folded text."""
    return tuple(_WORD.findall(text))


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A folded text cut in every way in which phrases are looked for; one serves all word lists."""

    words: Words
    whole: frozenset[str]
    joined: Mapping[str, bool]
    chunks: Words
    odd: tuple[bool, ...]
    skeletons: Words
    spaced: tuple[tuple[str, str], ...]


def _cut(text: str) -> Reading:
    words = words_of(text)
    # Nobody reads a word in what goes on for longer.
    chunks = tuple(chunk.strip(_AROUND).rstrip("!")[:_LONGEST_WORD] for chunk in text.split())
    stretched = _STRETCHED.search(text) is not None
    odd = tuple(_is_odd(chunk, stretched) for chunk in chunks)
    pairs = map("".join, zip(words, words[1:], strict=False))
    triples = map("".join, zip(words, words[1:], words[2:], strict=False))
    return Reading(
        words,
        frozenset(words),
        dict.fromkeys((*pairs, *triples), True),
        chunks,
        odd,
        tuple(map(skeleton, chunks)) if any(odd) else (),
        tuple(_letters_in(found[0]) for found in _SPACED.finditer(text)) if _letters(words) >= _LEAST_SPACED else (),
    )


def _letters_in(spelt: str) -> tuple[str, str]:
    """The letters of a word that was spelt out, as they are and as their skeleton, which may be much shorter."""
    return "".join(words_of(spelt)), skeleton(spelt)


def _letters(words: Words) -> int:
    """How many words are single letters."""
    return sum(map((1).__eq__, map(len, words)))


_cut_once = lru_cache(maxsize=512)(_cut)


def read(text: str) -> Reading:
    """A folded text cut for looking for phrases; the same text is cut once."""
    return _cut_once(text) if len(text) < _LONGEST_REMEMBERED else _cut(text)


@dataclass(frozen=True, slots=True, eq=False)
class Phrases:
    """A word list, ready to be looked for."""

    by_word: Mapping[str, list[tuple[Words, Entry]]] = field(default_factory=dict)
    by_skeleton: Mapping[str, list[tuple[Words, Entry]]] = field(default_factory=dict)
    squeezed: Mapping[str, tuple[str, Entry]] = field(default_factory=dict)
    skeletons: Mapping[str, tuple[str, Entry]] = field(default_factory=dict)

    def find(self, text: str) -> tuple[Hit, ...]:
        """Every hit in a folded text."""
        cut = read(text)
        found = [*self._plain(cut), *self._joined(cut)]
        if cut.skeletons:
            found += self._disguised(cut)
        if cut.spaced:
            found += self._spaced(cut)
        return tuple(found)

    def _plain(self, cut: Reading) -> Iterator[Hit]:
        if not self.by_word.keys() & cut.whole:
            return
        words = cut.words
        # Of phrases of one entry that overlap the first and longest counts.
        counted: dict[str, int] = {}
        for at, word in enumerate(words):
            for phrase, entry in self.by_word.get(word, ()):
                if words[at : at + len(phrase)] != phrase or entry.excused(words, at, len(phrase)):
                    continue
                if counted.get(entry.name, 0) <= at:
                    counted[entry.name] = at + len(phrase)
                    yield Hit(entry, " ".join(phrase), False)

    def _joined(self, cut: Reading) -> Iterator[Hit]:
        """Words with blanks in them, and phrases without."""
        for word in sorted(self.squeezed.keys() & cut.whole):
            phrase, entry = self.squeezed[word]
            if " " in phrase:
                yield Hit(entry, phrase, True)
        for word in sorted(self.squeezed.keys() & cut.joined.keys()):
            phrase, entry = self.squeezed[word]
            if " " not in phrase and len(phrase) >= _LEAST_SPLIT:
                yield Hit(entry, phrase, True)

    def _disguised(self, cut: Reading) -> Iterator[Hit]:
        """Words written with digits, signs, dots or too many letters."""
        for at, word in enumerate(cut.skeletons):
            chunk = cut.chunks[at]
            if cut.odd[at] and (one := self._behind(chunk, word)) and not _as_listed(chunk, one[0]):
                yield Hit(one[1], one[0], True)
            for phrase, entry in self.by_skeleton.get(word, ()):
                span = slice(at, at + len(phrase))
                if len(phrase) > 1 and any(cut.odd[span]) and cut.skeletons[span] == phrase:
                    yield Hit(entry, " ".join(cut.chunks[span]), True)

    def _behind(self, chunk: str, read: str) -> tuple[str, Entry] | None:
        """The phrase that is meant; a star stands for any letter."""
        if "*" not in chunk[1:-1]:
            return self.skeletons.get(read)
        pattern = re.compile("".join("[^\\W_]" if letter == "*" else re.escape(letter) for letter in chunk[:40]))
        return next((one for squeezed, one in self.squeezed.items() if pattern.fullmatch(squeezed)), None)

    def _spaced(self, cut: Reading) -> Iterator[Hit]:
        for plain, bones in cut.spaced:
            found = [*_held(self.squeezed, plain), *_held(self.skeletons, bones)]
            yield from (Hit(entry, phrase, True) for phrase, entry in dict.fromkeys(found))


def _held(listed: Mapping[str, tuple[str, Entry]], letters: str) -> Iterator[tuple[str, Entry]]:
    return (one for squeezed, one in listed.items() if len(squeezed) >= _LEAST_SPACED and squeezed in letters)


def _is_odd(chunk: str, stretched: bool) -> bool:
    """Whether signs or digits stand among the letters of something without blanks, or a letter thrice in a row."""
    if stretched and _STRETCHED.search(chunk):
        return True
    return not chunk.isalpha() and any(map(str.isalpha, chunk)) and _SIGNED.search(chunk) is not None


def _as_listed(chunk: str, phrase: str) -> bool:
    """Whether it only has a hyphen or apostrophe where the list has a blank or another one."""
    return words_of(chunk.replace("-", " ")) == words_of(phrase)


def sayable(phrase: str) -> str:
    """The phrase, or a ValueError where there is no word in it to look for."""
    if not words_of(folded(phrase)):
        raise ValueError(f"{phrase!r} holds no word; write one, or take it out")
    return phrase


def entry_of(name: str, phrases: Iterable[str], not_in: Iterable[str] = ()) -> Entry:
    """An entry of phrases as people write them."""
    contexts = tuple(tuple(re.findall(r"#|[^\W_]+(?:'[^\W_]+)*", folded(one))) for one in not_in)
    return Entry(name, tuple(words_of(folded(one)) for one in phrases), contexts)


def phrases_of(entries: Iterable[Entry]) -> Phrases:
    """The list of all phrases of some entries."""
    by_word: dict[str, list[tuple[Words, Entry]]] = {}
    by_skeleton: dict[str, list[tuple[Words, Entry]]] = {}
    squeezed: dict[str, tuple[str, Entry]] = {}
    skeletons: dict[str, tuple[str, Entry]] = {}
    for entry in entries:
        for phrase in entry.phrases:
            by_word.setdefault(phrase[0], []).append((phrase, entry))
            bare = tuple(skeleton(word) for word in phrase)
            by_skeleton.setdefault(bare[0], []).append((bare, entry))
            squeezed.setdefault("".join(phrase), (" ".join(phrase), entry))
            skeletons.setdefault(skeleton("".join(phrase)), (" ".join(phrase), entry))
    for listed in by_word.values():
        listed.sort(key=lambda one: -len(one[0]))
    return Phrases(by_word, by_skeleton, squeezed, skeletons)
