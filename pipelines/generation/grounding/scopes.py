"""How far a negation and a condition reach in a sentence."""

from __future__ import annotations

from pipelines.generation.grounding.clauses import HARD_MARKS, begins_statement
from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.function_words import CONDITIONS, NEGATORS, SCOPE_ENDS
from pipelines.generation.grounding.tokens import Token
from pipelines.generation.grounding.words import concepts_of

_FEES = words("cost costs fee fees charge charges surcharge postage")
_CONTRASTS = words("but only just so because")
# "We plan to open" opens nothing, and who "claims that" it is so does not make it so.
_PLANS = words("plan plans planned intend intends hope hopes aim aims want wants wish wishes try tries going consider")
_REPORTS = words("say says said claim claims claimed believe believes think thinks suggest suggests argue argues")
_ENDS = words("stop stops stopped cease ceases ceased discontinue discontinued")
_MAYBE = words("may might could")
# Of people "may" allows; of things it says what can happen.
_PERSONS = words(
    """
    you we i they he she who customer customers member members employee employees people person persons company
    companies business businesses everyone everybody anyone anybody child children guest guests visitor visitors owner
    owners buyer buyers subscriber subscribers reader readers colleagues team
    """
)
_LONGEST_NAME = 2


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
            if token.lower in ("no", "neither") and not apart and tokens[at - 1].verb:
                # "Needs no oil" is "does not need oil".
                tokens[at - 1].negated = True
            negated = not (negated and token.lower in ("without", "not") and not apart)


def _ends_negation(tokens: list[Token], at: int) -> bool:
    mark = tokens[at].lower
    if mark in HARD_MARKS or (mark in SCOPE_ENDS and not tokens[at].phrase) or mark in ("which", "who"):
        return True
    follows = mark in (",", "and") and at + 1 < len(tokens)
    return follows and (begins_statement(tokens, at + 1) or tokens[at + 1].lower in _CONTRASTS)


def weaken(tokens: list[Token]) -> None:
    """Mark what is only planned, reported, over or possible: from the word that says so to the end of its statement."""
    force = ""
    for at, token in enumerate(tokens):
        if token.lower in HARD_MARKS or token.lower in SCOPE_ENDS or (token.lower == "," and force != "reported"):
            force = ""
        token.force = force
        force = _begins_force(tokens, at) or force
    for at, token in enumerate(tokens[:-1]):
        # "It does not scratch, says Ida Berg."
        if token.lower == "," and tokens[at + 1].lower in _REPORTS:
            for before in tokens[:at]:
                before.force = before.force or "reported"


def _begins_force(tokens: list[Token], at: int) -> str:
    word, before = tokens[at].lower, tokens[at - 1].lower if at else ""
    after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    if word in _PLANS and after == "to" and before not in _PERSONS - {"we", "i", "company", "team"}:
        return "planned"
    if word in _REPORTS and after == "that":
        # What so many of those who were asked said is a finding.
        return "" if any(token.quantity is not None for token in tokens[:at]) else "reported"
    if word in _ENDS and after.endswith("ing"):
        return "over"
    if word in _MAYBE and before not in _PERSONS and after not in ("be", "not"):
        return "possible"
    if word == "according" and after == "to":
        return "source"
    return ""


def name_quoted(tokens: list[Token]) -> None:
    """Mark what stands in quotation marks and is too short for a quotation: the name of a thing."""
    marks = [at for at, token in enumerate(tokens) if token.lower == '"']
    for begin, end in zip(marks[::2], marks[1::2], strict=False):
        inside = [token for token in tokens[begin + 1 : end] if token.is_word]
        for token in inside if len(inside) <= _LONGEST_NAME else ():
            token.named = True


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
