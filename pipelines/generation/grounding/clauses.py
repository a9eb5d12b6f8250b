"""A sentence cut into clauses: fine ones, and statements with a verb of their own."""

from __future__ import annotations

from dataclasses import replace

from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.filler import IMPERATIVES
from pipelines.generation.grounding.lexicon.function_words import DETERMINERS, PREPOSITIONS, RELATIVES, STOP
from pipelines.generation.grounding.lexicon.verbs import AUXILIARIES_AND_VERBS, PERHAPS_VERBS
from pipelines.generation.grounding.subjects import Clause, past, subjects_of
from pipelines.generation.grounding.tokens import Token

HARD_MARKS = frozenset(";:()[]–—…!?.")
_JOINING = words("and or with without except plus")
_DIVIDING = words("but while whereas because so although though then if unless when")
_SUBJECT_PRONOUNS = words("i you he she it we they there who everyone nobody")
_WHO_ACT = words("i you we they")
_OBJECTS = DETERMINERS | words("you them up at no")
_OPENERS = words(", and then now to please")
# A colon this early ends a label: "Price: 79 EUR".
_LABEL = 4


def divide(tokens: list[Token]) -> list[Clause]:
    """Number the clauses and statements in the tokens, and say whose each statement is."""
    _find_verbs(tokens)
    clause = statement = 0
    spoken = -1
    roots = {0: (0, False)}
    for at, token in enumerate(tokens):
        finer, new = _step(tokens, at, spoken == statement) if at else (False, False)
        clause, statement = clause + finer, statement + new
        if new and token.lower in RELATIVES:
            roots[statement] = (roots.get(statement - 1, (statement - 1, False))[0], tokens[at - 1].lower != ",")
        token.clause, token.predicate = clause, statement
        spoken = statement if token.verb else spoken
    clauses = subjects_of(tokens, statement + 1)
    placed = [roots.get(at, (at, False)) for at in range(len(clauses))]
    return [replace(one, root=root, restricts=narrow) for one, (root, narrow) in zip(clauses, placed, strict=True)]


def begins_statement(tokens: list[Token], at: int) -> bool:
    """Whether a new statement begins here: a verb, or a subject that a verb follows."""
    first = tokens[at]
    if first.verb or first.lower in RELATIVES or first.lower in _SUBJECT_PRONOUNS:
        return True
    if past(first) and (at + 1 >= len(tokens) or tokens[at + 1].lower in PREPOSITIONS):
        return True
    if first.lower in PREPOSITIONS or tokens[at - 1].lower == "or":
        return False
    for token in tokens[at : at + 7]:
        if token.lower in HARD_MARKS or token.lower in (",", "and", "or"):
            return False
        if token.verb:
            return True
    return False


def _step(tokens: list[Token], at: int, spoken: bool) -> tuple[bool, bool]:
    """Whether a finer clause and whether a new statement begins with this token."""
    mark = tokens[at].lower
    follows = at + 1 < len(tokens)
    if mark in HARD_MARKS or mark == ",":
        if mark == ":" and at <= _LABEL:
            return False, False
        return True, mark != "," or (follows and spoken and begins_statement(tokens, at + 1))
    if mark in _DIVIDING and not tokens[at].phrase:
        return True, True
    if mark in _JOINING and not tokens[at].phrase and follows:
        new = spoken and begins_statement(tokens, at + 1)
        return new or _joins_a_measure(tokens, at), new
    relative = mark in RELATIVES and _relates(tokens, at)
    return relative, relative


def _joins_a_measure(tokens: list[Token], at: int) -> bool:
    """ "… and 190 cm high", "… and on Saturday", "… with the code WINTER10": something measured apart."""
    mark, after = tokens[at].lower, tokens[at + 1]
    behind = after.lower in PREPOSITIONS and at + 2 < len(tokens) and tokens[at + 2].quantity is not None
    if after.quantity is not None or behind or mark in ("without", "except", "plus"):
        return True
    return mark == "with" and any(token.quantity is not None for token in tokens[at + 1 : at + 5])


def _relates(tokens: list[Token], at: int) -> bool:
    before = tokens[at - 1]
    if tokens[at].lower != "that":
        return True
    return before.is_word and before.lower not in STOP and at + 1 < len(tokens) and tokens[at + 1].quantity is None


def _find_verbs(tokens: list[Token]) -> None:
    """Mark the verbs; a word that is a noun as often is one where an object follows it."""
    for at, token in enumerate(tokens):
        if token.is_word:
            token.verb = token.lower in AUXILIARIES_AND_VERBS or _acts(tokens, at)


def _acts(tokens: list[Token], at: int) -> bool:
    word = tokens[at].lower
    if at + 1 == len(tokens) or word not in PERHAPS_VERBS | IMPERATIVES:
        return False
    before = tokens[at - 1].lower if at else ""
    if before in _WHO_ACT and word in PERHAPS_VERBS:
        return True
    after = tokens[at + 1]
    if word == "cost" and after.quantity is not None:
        return True
    if after.quantity is None and after.lower not in _OBJECTS:
        return False
    opens = at == 0 or before in _OPENERS
    plural = before.endswith("s") and len(before) > 3 and before not in STOP
    return opens or (word in PERHAPS_VERBS and (plural or word.endswith("s")))
