"""Who does it: what a magazine tested, an auditor checked or the reader is to do is not what "we" do."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.generation.grounding.evidence import ANY_SUBJECT, Evidence
from pipelines.generation.grounding.faults import Comparison, Fault
from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.function_words import (
    AUXILIARIES,
    DETERMINERS,
    POINTERS,
    PREPOSITIONS,
    STOP,
)
from pipelines.generation.grounding.words import concepts_of, stem

_BEING = words("am is are was were be been being")
_BETWEEN = (AUXILIARIES - _BEING) | {"also", "only"}
_US = words("we us our")
_PERSONS = _US | {"you"}
# People who work for whoever speaks, unless the passage says whose they are.
_OURS = ANY_SUBJECT | {stem(word) for word in ("people", "person", "staff", "employee", "colleague")}
# Those remain somebody else, whose partners and customers they are.
_OTHERS = words(
    "partner partners supplier suppliers customer customers client clients dealer dealers investor investors"
)
_NOUN_ENDINGS = ("y", "ion", "ment", "er", "ers", "al", "ing")
_NO_DOERS = words("end time day week month year date")


def doer_faults(comparison: Comparison) -> list[Fault]:
    """A fault where the claim says "we" of what the evidence says of somebody else."""
    done = _what_we_do(comparison)
    evidence = comparison.evidence
    if suffered := _what_is_done_to_us(comparison):
        return _done_to_somebody_else(suffered, comparison)
    for at, word in enumerate(evidence.reading.words):
        if done and (word == done or (stem(word) == stem(done) and not word.endswith(_NOUN_ENDINGS))):
            doer = _doer(evidence, at)
            if doer and not _is_us(doer, comparison):
                return [Fault("subject", "we", " ".join(doer), 1.2)]
    return []


def _what_we_do(comparison: Comparison) -> str:
    """The verb after "we" or "our team", if it is among what must be borne out; nothing after "we are"."""
    said = comparison.claim.reading.words
    for at, word in enumerate(said):
        ours = word == "we" or (at and said[at - 1] == "our" and stem(word) in ANY_SUBJECT)
        after = [one for one in said[at + 1 : at + 4] if one not in _BETWEEN]
        if ours and after and after[0] not in STOP:
            return after[0] if any(item.word == after[0] for item in comparison.claim.items) else ""
    return ""


def _what_is_done_to_us(comparison: Comparison) -> str:
    """The word after "we were", if it is among what must be borne out."""
    said = comparison.claim.reading.words
    for at, word in enumerate(said[:-2]):
        if (
            word == "we"
            and said[at + 1] in _BEING
            and any(item.word == said[at + 2] for item in comparison.claim.items)
        ):
            return said[at + 2]
    return ""


def _done_to_somebody_else(suffered: str, comparison: Comparison) -> list[Fault]:
    said = comparison.evidence.reading.words
    for at, word in enumerate(said):
        if at > 1 and stem(word) == stem(suffered) and said[at - 1] in _BEING:
            whose = _subject(said[: at - 1])
            if whose and not _is_us(whose, comparison):
                return [Fault("subject", "we", " ".join(whose), 1.2)]
    return []


def _doer(evidence: Evidence, at: int) -> Sequence[str]:
    """The words that name who does it; none where it is a noun, or is done by nobody in particular."""
    said = evidence.reading.words
    before = said[at - 1] if at else ""
    if not before:
        return ("you",)
    if before in DETERMINERS | PREPOSITIONS:
        return ()
    if _BEING & set(said[max(0, at - 2) : at]):
        return _named_by(said[at + 1 :])
    named = _subject(said[:at])
    if named or not POINTERS & set(said[:at]):
        return named
    return tuple(dict.fromkeys(item.word for items in evidence.linked.values() for item in items if item.subject))


def _subject(before: Sequence[str]) -> Sequence[str]:
    """The last of "we" and "you" before a verb, or its nouns without "in March" and "with 23 employees"."""
    persons = [word for word in before if word in _PERSONS]
    named: list[str] = []
    aside = False
    for word in before:
        if word in PREPOSITIONS and word != "of":
            aside = True
        elif word in DETERMINERS and not named:
            aside = False
        elif not aside and word not in STOP:
            named.append(word)
    return persons[-1:] or named


def _named_by(after: Sequence[str]) -> Sequence[str]:
    """ "… by a family mill" names who; "by parcel" and "by the end" do not."""
    for at, word in enumerate(after[:-2]):
        if word == "by" and after[at + 1] in DETERMINERS:
            named = after[at + 2 : at + 4]
            return () if named[0] in _NO_DOERS else named
    return ()


def _is_us(doer: Sequence[str], comparison: Comparison) -> bool:
    library, claim = comparison.library, comparison.claim
    if _US & set(doer):
        return True
    if _OTHERS & set(doer):
        return False
    stems = {concept for word in doer for concept in concepts_of(word)}
    if stems & (_OURS | library.house | library.ours):
        return True
    of_products = stems & library.products
    whole = not of_products or any(name <= stems for name in library.names)
    return whole and stems <= claim.concepts
