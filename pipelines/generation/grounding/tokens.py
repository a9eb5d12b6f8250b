"""A sentence as tokens: words, marks and whole quantities, with phrases of one meaning made one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.generation.grounding.lexicon.function_words import DETERMINERS
from pipelines.generation.grounding.lexicon.phrases import PHRASES
from pipelines.generation.grounding.words import concepts_of

_TOKEN = re.compile(r"[^\W\d_][\w.+-]*@[\w-]+(?:\.[\w-]+)+|[^\W_]+(?:'[^\W_]+)*|[.,;:!?()\[\]–—…\"-]", re.UNICODE)
_CONTRACTIONS = {"can't": "can not", "won't": "will not", "cannot": "can not", "shan't": "shall not", "ain't": "is not"}
_CLITIC = re.compile(r"'(?:s|re|ve|ll|d|m)$")
_STRAIGHT = {
    ord(old): new
    for new, olds in {
        "'": "\u2018\u2019\u201a\u2032\u00b4`",
        '"': "\u201c\u201d\u201e\u00ab\u00bb\u2033",
        " ": "\u00a0\u202f\u2009\u2007\t\n\r",
        "-": "\u2010\u2011",
    }.items()
    for old in olds
}


@dataclass(slots=True)
class Token:
    """A word, a mark, or (with `quantity` set) a whole quantity; what the later steps find out is filled in."""

    text: str
    lower: str
    start: int
    end: int
    concepts: tuple[str, ...] = ()
    quantity: int | None = None
    phrase: bool = False
    glued: bool = False
    verb: bool = False
    negated: bool = False
    clause: int = 0
    predicate: int = 0
    condition: int | None = None
    force: str = ""
    named: bool = False

    @property
    def is_word(self) -> bool:
        """Whether it is a word, and neither a mark nor a quantity."""
        return self.quantity is None and self.lower[:1].isalnum()


def straightened(text: str) -> str:
    """Typographic quotes, apostrophes and spaces as typed ones; as long as before, so that places stay."""
    return text.translate(_STRAIGHT)


def tokenised(text: str, taken: list[tuple[int, int]]) -> list[Token]:
    """Words and marks outside the spans that quantities have taken; each span becomes one token."""
    tokens: list[Token] = []
    at = 0
    for number, (start, end) in enumerate([*taken, (len(text), len(text))]):
        for match in _TOKEN.finditer(text, at, start):
            tokens += _read(text, match, tokens[-1].end if tokens else -1)
        if start < len(text):
            tokens.append(Token(text[start:end], "#", start, end, quantity=number))
        at = max(at, end)
    return _with_phrases(tokens)


def _read(text: str, match: re.Match[str], before: int) -> list[Token]:
    written, start, end = match.group(), match.start(), match.end()
    if written == "-":
        if before == start and text[end : end + 1].isalnum():
            return [Token("-", "-", start, end, glued=True)]
        return [Token("-", "–", start, end)] if start and text[start - 1] == " " else []
    low = written.lower()
    if "'" in low and "@" not in low:
        low = _CONTRACTIONS.get(low) or re.sub(r"n't$", " not", _CLITIC.sub("", low))
    parts = _CONTRACTIONS.get(low, low).split()
    return [Token(written, part, start, end, concepts_of(part)) for part in parts]


def _with_phrases(tokens: list[Token]) -> list[Token]:
    found: list[Token] = []
    words = [token for token in tokens if not token.glued]
    hyphens = {token.start for token in tokens if token.glued}
    at = 0
    while at < len(words):
        length, made = _free_of(words, at, hyphens) or _phrase(words, at) or (1, [words[at]])
        found += made
        at += length
    return found


def _free_of(words: list[Token], at: int, hyphens: set[int]) -> tuple[int, list[Token]] | None:
    """ "Lead-free" is without lead."""
    token = words[at]
    if token.end not in hyphens or at + 1 == len(words) or words[at + 1].lower != "free" or not token.is_word:
        return None
    end = words[at + 1].end
    without = Token(token.text, "without", token.start, token.start, concepts_of("without"))
    return 2, [without, token, Token("", ",", end, end)]


def _phrase(words: list[Token], at: int) -> tuple[int, list[Token]] | None:
    for pattern, meant in PHRASES.get(words[at].lower, ()):
        said = words[at : at + len(pattern)]
        if not _fits(said, pattern) or (pattern == ("free", "from") and _limits(words, at + 2)):
            continue
        written = " ".join(word.text for word in said)
        made = [Token(written, m, said[0].start, said[-1].end, concepts_of(m), phrase=True) for m in meant]
        return len(pattern), made + [word for word, wanted in zip(said, pattern, strict=True) if wanted == "*"]
    return None


def _fits(said: list[Token], pattern: tuple[str, ...]) -> bool:
    return len(said) == len(pattern) and all(
        word.lower == wanted or (wanted == "*" and word.is_word) for word, wanted in zip(said, pattern, strict=True)
    )


def _limits(words: list[Token], at: int) -> bool:
    """ "Free from an order value of …" names a limit, "free from lead" what is missing."""
    if at >= len(words) or not words[at].is_word:
        return True
    return words[at].lower in DETERMINERS or words[at].lower in ("order", "orders")
