"""What a sentence takes over from the ones before it: the subject, if it says "it" or names none."""

from __future__ import annotations

from pipelines.generation.grounding.library import Library
from pipelines.generation.grounding.reading import read
from pipelines.generation.grounding.verifying import Setting


def subject_of(text: str, library: Library) -> tuple[str, ...]:
    """What a sentence is about: the product it names, else the head of its first statement."""
    reading = read(text)
    named = tuple(dict.fromkeys(item.concepts[0] for item in reading.items if item.concepts[0] in library.products))
    if named:
        return named
    head = reading.clauses[0].head if reading.clauses else None
    return (head,) if head and not reading.question and head not in library.house else ()


def setting_of(text: str, before: tuple[str, ...], place: str, library: Library) -> Setting:
    """The setting of a sentence after others that were about `before`."""
    reading = read(text)
    if any(item.concepts[0] in library.products for item in reading.items):
        return Setting(place=place)
    clause = reading.clauses[0] if reading.clauses else None
    if reading.pointer or (clause is not None and clause.pointer):
        return Setting(before, True, place)
    silent = clause is not None and not clause.subject and not clause.ours and not reading.ours
    if silent or place == "bullet":
        return Setting(tuple(word for word in before if word in library.products), False, place)
    return Setting(place=place)
