"""A sentence read once: what of it must be borne out, how it hangs together, how it is spoken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipelines.generation.grounding.clauses import divide
from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.claims import kind_of_claim
from pipelines.generation.grounding.lexicon.function_words import HEDGES, OURS, POINTERS, PREPOSITIONS, STOP
from pipelines.generation.grounding.quantities import quantities_in
from pipelines.generation.grounding.quantity import Quantity
from pipelines.generation.grounding.scopes import conditions, fees_waived, name_quoted, negate, weaken
from pipelines.generation.grounding.subjects import Clause
from pipelines.generation.grounding.tokens import Token, straightened, tokenised
from pipelines.generation.grounding.words import concepts_of, is_plain

_SLOT = re.compile(r"\{\{[^{}]*\}\}")
_LINK = re.compile(r"https?://\S+|www\.\S+")
# Signs that readers read as words or letters.
_SPELT = {
    **{
        ord(sign): f" {word} "
        for sign, word in zip("🆓🈚🔝🥇🏆", ("free", "free", "top", "best", "award"), strict=True)
    },
    **{
        first + at: letter
        for first in (0x24B6, 0x24D0, 0x1F130, 0x1F150, 0x1F170)
        for at, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
    },
}
_STARS = re.compile("[★⭐]{2,}")
# They turn or limit a statement, and are compared as such, not as words.
_TURNING = words("before after until except excluding excepting not no nor neither non without if unless when")
_PASSED_OVER = words("of the our all these your more a new those them")
_COUNTING = frozenset({"count", "%", "stars"})
# As far behind a number may stand what it counts.
_REACH = 7


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a sentence says: a word or a quantity, with where and how it is said."""

    text: str
    word: str
    concepts: tuple[str, ...]
    kind: str
    at: int
    clause: int
    predicate: int
    negated: bool
    condition: int | None
    plain: bool = False
    quantity: Quantity | None = None
    counted: frozenset[str] = frozenset()
    run: int = 0
    subject: bool = False
    lead: bool = False
    verb: bool = False
    joined: bool = False
    # Whether it is only planned, said by somebody, over, or possible; whether it is a name in quotation marks.
    force: str = ""
    named: bool = False
    before: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What limits a statement: the word that says so, the statement, and the stems and quantities in it."""

    word: str
    predicate: int
    concepts: frozenset[str]
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence as the verifier sees it: items in their order, statements, conditions, and the words as they come."""

    text: str
    items: tuple[Item, ...]
    clauses: tuple[Clause, ...]
    conditions: tuple[Condition, ...]
    concepts: frozenset[str]
    words: tuple[str, ...]
    functions: frozenset[str]
    verb: bool
    question: bool

    @property
    def first(self) -> str:
        """The first word in lower case."""
        return self.words[0] if self.words else ""

    @property
    def pointer(self) -> bool:
        """Whether it begins with "it", "they" and the like."""
        return self.first in POINTERS

    @property
    def ours(self) -> bool:
        """Whether "we" or "our" stands in it."""
        return bool(self.functions & OURS)


@lru_cache(maxsize=50_000)
def read(text: str) -> Reading:
    """Read a sentence; slots and links say nothing."""
    plain = straightened(text)
    plain = plain if plain.isascii() else plain.translate(_SPELT)
    plain = _STARS.sub(lambda match: f"{len(match.group())} stars ", plain)
    for opaque in (_SLOT, _LINK):
        plain = opaque.sub(lambda match: " " * len(match.group()), plain)
    quantities = quantities_in(plain)
    tokens = fees_waived(tokenised(plain, [(quantity.start, quantity.end) for quantity in quantities]))
    clauses = divide(tokens)
    negate(tokens)
    weaken(tokens)
    name_quoted(tokens)
    limits = conditions(tokens)
    items = tuple(_Items(tokens, quantities, clauses).read())
    spoken = tuple(token.lower for token in tokens if token.is_word)
    return Reading(
        text=text,
        items=items,
        clauses=tuple(clauses),
        conditions=tuple(_condition(word, at, number, items) for number, (word, at) in enumerate(limits)),
        concepts=frozenset(concept for item in items for concept in item.concepts),
        words=spoken,
        functions=frozenset(spoken),
        verb=any(token.verb for token in tokens),
        question=plain.rstrip().rstrip("\"')").endswith("?"),
    )


def _condition(word: str, predicate: int, number: int, items: tuple[Item, ...]) -> Condition:
    inside = [item for item in items if item.condition == number]
    concepts = frozenset(concept for item in inside for concept in item.concepts)
    return Condition(word, predicate, concepts, " ".join([word, *(item.text for item in inside)]))


class _Items:
    """The items of one sentence, in one pass over its tokens."""

    def __init__(self, tokens: list[Token], quantities: list[Quantity], clauses: list[Clause]) -> None:
        self.tokens, self.quantities, self.clauses = tokens, quantities, clauses
        self.titled = _is_titled(tokens)
        self.run = self.marks = 0
        self.opening = True
        self.spoken: set[int] = set()

    def read(self) -> list[Item]:
        """Every word and quantity that may have to be borne out."""
        return [item for at, token in enumerate(self.tokens) if (item := self._item(at, token)) is not None]

    def _item(self, at: int, token: Token) -> Item | None:
        self.marks += token.lower == '"'
        if token.verb:
            self.spoken.add(token.predicate)
        if token.quantity is not None:
            self.run, self.opening = self.run + 1, False
            return self._quantity(at, token)
        if not token.is_word:
            self.run += 1
            self.opening = self.opening or token.lower in (".", ":", "!", "?", '"')
            return None
        name = self._is_name(token)
        self.opening = False
        kind = kind_of_claim(token.lower) or ("name" if name else "hedge" if token.lower in HEDGES else "word")
        forced = self._is_rate(at, token)
        if token.lower in _TURNING or (token.lower in STOP and kind == "word" and not forced):
            self.run += 1
            return None
        if self._belongs_to_its_neighbour(at, token):
            return None
        item = self._word(at, token, kind, forced)
        # "The table's top" is the top of the table: two nouns, not one.
        self.run += token.text.endswith(("'s", "s'"))
        return item

    def _is_name(self, token: Token) -> bool:
        if self.marks % 2:
            return True
        capital = token.text[:1].isupper() and not self.opening and not self.titled and not token.phrase
        return capital and token.lower not in ("i", "will")

    def _is_rate(self, at: int, token: Token) -> bool:
        """ "Per month", "every year", "12 EUR a month": the unit says how often, and must be borne out."""
        before = self.tokens[at - 1].lower if at else ""
        if before in ("per", "every"):
            return token.lower not in STOP
        return before in ("a", "an") and at > 1 and self.tokens[at - 2].quantity is not None

    def _belongs_to_its_neighbour(self, at: int, token: Token) -> bool:
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        if after is None:
            return False
        return (token.lower == "anywhere" and after.quantity is not None) or (token.lower, after.lower) == (
            "must",
            "not",
        )

    def _word(self, at: int, token: Token, kind: str, forced: bool) -> Item:
        return Item(
            token.text, token.lower, token.concepts, kind, at, token.clause, token.predicate, token.negated,
            token.condition, kind == "word" and not forced and is_plain(token.lower), run=self.run,
            subject=token.concepts[0] in self.clauses[token.predicate].subject,
            lead=token.predicate not in self.spoken, verb=token.verb,
            joined=at > 0 and self.tokens[at - 1].lower in ("and", "or"), force=token.force, named=token.named,
            before=self.tokens[at - 1].lower if at else "",
        )  # fmt: skip

    def _quantity(self, at: int, token: Token) -> Item:
        quantity = self.quantities[token.quantity or 0]
        counted = frozenset(_counted(self.tokens, at)) if quantity.unit in _COUNTING else frozenset[str]()
        return Item(
            quantity.text, "#", (quantity.key,), "quantity", at, token.clause, token.predicate, token.negated,
            token.condition, quantity=quantity, counted=counted, lead=token.predicate not in self.spoken,
            force=token.force, before=self.tokens[at - 1].lower if at else "",
        )  # fmt: skip


def _is_titled(tokens: list[Token]) -> bool:
    """Whether every longer word is capitalised, so that a capital says nothing."""
    longer = [token for token in tokens if token.is_word and len(token.text) > 3 and token.lower not in PREPOSITIONS]
    return len(longer) > 2 and all(token.text[:1].isupper() for token in longer)


def _counted(tokens: list[Token], at: int) -> list[str]:
    """What is counted: the words that follow, else those before; in "3, 6 or 12 parts" all count parts."""
    if at + 2 < len(tokens) and tokens[at + 1].lower in (",", "or", "and", "–") and tokens[at + 2].quantity is not None:
        return _counted(tokens, at + 2)
    found: list[str] = []
    for token in tokens[at + 1 : at + _REACH]:
        if token.quantity is not None or (not token.is_word and token.lower != '"'):
            break
        if not found and token.lower in _PASSED_OVER:
            continue
        if token.lower in STOP or (found and token.verb):
            break
        found += concepts_of(token.lower)
    before = [token for token in tokens[max(0, at - 2) : at] if token.is_word and token.lower not in STOP]
    return found or [concept for token in before for concept in token.concepts]
