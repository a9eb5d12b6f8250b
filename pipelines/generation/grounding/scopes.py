"""How far a negation and a condition reach in a sentence."""

from __future__ import annotations

from pipelines.generation.grounding.clauses import HARD_MARKS, begins_statement
from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.function_words import CONDITIONS, NEGATORS, SCOPE_ENDS
from pipelines.generation.grounding.tokens import Token
from pipelines.generation.grounding.words import concepts_of

_FEES = words("cost costs fee fees charge charges surcharge postage")
_CONTRASTS = words("but only just so because")


def negate(tokens: list[Token]) -> None:
    """Mark what stands under a negation: from the negator to the end of its statement."""
    negated = False
    for at, token in enumerate(tokens):
        negated = negated and not _ends_negation(tokens, at)
        if token.lower not in NEGATORS:
            token.negated = negated
        elif not (token.lower == "no" and at + 1 < len(tokens) and tokens[at + 1].lower in (",", ".", "matter")):
            # "Not without" says with, "no … is not …" that every one is.
            apart = at == 0 or tokens[at - 1].lower in ("and", "or", "but", ",")
            negated = not (negated and token.lower in ("without", "not") and not apart)


def _ends_negation(tokens: list[Token], at: int) -> bool:
    mark = tokens[at].lower
    if mark in HARD_MARKS or (mark in SCOPE_ENDS and not tokens[at].phrase) or mark in ("which", "who"):
        return True
    follows = mark in (",", "and") and at + 1 < len(tokens)
    return follows and (begins_statement(tokens, at + 1) or tokens[at + 1].lower in _CONTRASTS)


def fees_waived(tokens: list[Token]) -> list[Token]:
    """ "No shipping cost" says that shipping is free: put that word in the place of the negation."""
    found = list(tokens)
    for at, token in enumerate(tokens):
        if token.lower not in ("no", "without") or token.phrase:
            continue
        fee = next((ahead for ahead in tokens[at + 1 : at + 4] if not ahead.is_word or ahead.lower in _FEES), None)
        if fee is not None and fee.is_word:
            written = f"{token.text} … {fee.text}"
            free = Token(written, "free", token.start, fee.end, concepts_of("free"), phrase=True)
            found = [free if one is fee else one for one in found if one is not token]
    return found


def conditions(tokens: list[Token]) -> list[tuple[str, int]]:
    """Mark what stands under a condition with its number; for each its word and the statement that it limits."""
    found: list[tuple[str, int]] = []
    current: int | None = None
    for at, token in enumerate(tokens):
        ended = token.lower in (",", ";", "–", "—", ")") or (at > 0 and token.predicate != tokens[at - 1].predicate)
        if ended:
            current = None
        if token.lower in CONDITIONS and not (token.lower == "only" and token.phrase):
            current = len(found)
            found.append((token.lower, _limited(tokens, at)))
        elif token.lower == "so" and at > 2 and tokens[at - 1].lower == ",":
            # "X, so Y": Y holds where X does.
            for before in tokens[:at]:
                before.condition = len(found) if before.condition is None else before.condition
            found.append(("so", token.predicate))
        elif token.lower == "within" and at + 1 < len(tokens) and tokens[at + 1].text[:1].isupper():
            # "Within Germany" limits a statement as "only" does.
            tokens[at + 1].condition = len(found)
            found.append(("within", token.predicate))
        elif token.condition is None:
            token.condition = current
    return found


def _limited(tokens: list[Token], at: int) -> int:
    """ "If it rains, …" limits what follows, "… if it rains" what went before, "only in Germany" its own."""
    token = tokens[at]
    opens = at == 0 or tokens[at - 1].lower == "."
    if token.lower == "only":
        return token.predicate
    if opens:
        return token.predicate + 1
    if token.lower in ("except", "excluding") and tokens[at - 1].predicate == token.predicate:
        return token.predicate
    return max(token.predicate - 1, 0)
