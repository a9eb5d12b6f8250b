"""Whose statement a clause is: its subject, found without a grammar by verbs, articles and prepositions."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.function_words import (
    AUXILIARIES,
    DETERMINERS,
    PREPOSITIONS,
    RELATIVES,
    STOP,
)
from pipelines.generation.grounding.tokens import Token

_LEADING = words("and or but so because while whereas although though if when unless then plus also with")
_POINTING = words("it they this these that those he she")


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement: whose it is (as stems, with the head), or only "it" or "we"; and what it belongs to."""

    subject: tuple[str, ...] = ()
    head: str | None = None
    pointer: bool = False
    ours: bool = False
    root: int = 0
    restricts: bool = False

    @property
    def known(self) -> bool:
        """Whether anything says whose statement it is."""
        return bool(self.subject) or self.pointer or self.ours


def subjects_of(tokens: list[Token], count: int) -> list[Clause]:
    """The clauses of a sentence whose tokens are numbered; without a subject of its own, one takes over another's."""
    clauses: list[Clause] = []
    for number in range(count):
        own = [token for token in tokens if token.predicate == number]
        before = clauses[-1] if clauses else None
        clauses.append(before if before is not None and _is_aside(own) else _clause(own, tokens, before))
    # "Woven in Portugal, the throw …" speaks of the subject that follows.
    for number in range(len(clauses) - 2, -1, -1):
        if not clauses[number].known:
            clauses[number] = clauses[number + 1]
    return clauses


def past(token: Token) -> bool:
    """Whether a word looks like a participle."""
    return token.is_word and token.lower.endswith(("ed", "wn")) and len(token.lower) > 4


def _is_aside(own: list[Token]) -> bool:
    """ "…, VAT included, …" is no statement of its own."""
    said = [token for token in own if token.is_word]
    ends = bool(said) and len(said) <= 3 and said[-1].lower.endswith("ed")
    return ends and not any(token.lower in AUXILIARIES for token in said)


def _clause(own: list[Token], tokens: list[Token], before: Clause | None) -> Clause:
    said = [token for token in own if token.is_word]
    while said and said[0].lower in _LEADING:
        said = said[1:]
    if said and said[0].lower in RELATIVES:
        return _antecedent(said[0], tokens, before)
    if len(said) > 2 and said[0].verb and said[0].lower.endswith("ing") and any(token.verb for token in said[2:]):
        return _doing(said)
    found, verb = _nouns_before_the_verb(said)
    first = next((token.lower for token in said if token.lower in _POINTING or token.lower == "we"), "")
    pointer, ours = not found and first in _POINTING, first == "we"
    if before is not None and before.known and not pointer and not ours and (not verb or not found):
        return before
    if pointer:
        # "It" within a sentence is the subject before; at its start it points to another sentence.
        return before if before is not None and before.subject else Clause(pointer=True)
    return Clause(tuple(token.concepts[0] for token in found), _head(found), False, ours)


def _doing(said: list[Token]) -> Clause:
    """ "Mending a hole costs 12 EUR" speaks of mending."""
    end = next(at for at in range(2, len(said)) if said[at].verb)
    named = [token for token in said[:end] if token.lower not in STOP]
    return Clause(tuple(token.concepts[0] for token in named), said[0].concepts[0])


def _nouns_before_the_verb(said: list[Token]) -> tuple[list[Token], bool]:
    found: list[Token] = []
    spoken = any(token.verb for token in said)
    skipping = False
    for token in said:
        if token.verb or (found and past(token)):
            return found, True
        if token.lower in PREPOSITIONS and token.lower != "of":
            skipping = bool(found) or spoken
        elif token.lower in DETERMINERS and not found:
            skipping = False
        elif not skipping and token.lower not in STOP:
            found.append(token)
    return found, False


def _head(found: list[Token]) -> str | None:
    """The noun that a subject turns on: the last word before an "of", a bracket or the end."""
    if not found:
        return None
    last = found[0]
    for token in found[1:]:
        if token.start - last.end > 1:
            break
        last = token
    return last.concepts[0]


def _antecedent(relative: Token, tokens: list[Token], before: Clause | None) -> Clause:
    nouns: list[Token] = []
    for token in reversed([token for token in tokens if token.start < relative.start]):
        if token.is_word and token.lower not in STOP and not token.verb:
            nouns.insert(0, token)
        elif nouns and token.lower not in (",", '"'):
            break
    if not nouns and before is not None:
        return before
    return Clause(tuple(token.concepts[0] for token in nouns), _head(nouns))
