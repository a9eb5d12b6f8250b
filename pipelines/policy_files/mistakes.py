"""What is wrong with a file that people wrote, told in their words and all at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipelines.contracts import Mistaken
from pipelines.policy_files.reading import Mistake, Place, Written

M = TypeVar("M", bound=BaseModel)
MOST_LISTED = 30
EMPTY = "is empty; give it a value or take the line out"


def as_model(written: Written, kind: type[M], where: str, more: Iterable[Mistake] = ()) -> M:
    """The content as a checked model, or one refusal that names every mistake in the order of the lines."""
    made, found = checked(written.content, kind)
    wrong = [*written.mistakes, *found, *more]
    if made is None or wrong:
        wrong.sort(key=lambda one: written.lines.get(one[0], written.lines.get(one[0][:1], 0)))
        said = list(dict.fromkeys(written.told(one).rstrip(".") for one in wrong))
        places = [(".".join(map(str, place)), what) for place, what in wrong]
        end = "" if said[-1].endswith("?") else "."
        raise Mistaken(f"{where} has {_count(len(said))}: {'; '.join(said)}{end}", places)
    return made


def checked(content: Any, kind: type[M]) -> tuple[M | None, list[Mistake]]:
    """The model, or what is wrong with the content."""
    try:
        made, found = kind.model_validate(content), []
    except ValidationError as error:
        made, found = None, list(_mistakes(error, kind))
    told = {place for place, _ in found}
    # Where a value may be left out, its line without one would quietly mean the opposite of what was begun.
    found += [(place, EMPTY) for place in _empty_places(content) if place not in told]
    return (None if found else made), found


def _empty_places(content: Any, place: Place = ()) -> Iterator[Place]:
    if content is None:
        yield place
    parts: Iterable[tuple[int | str, Any]] = ()
    if isinstance(content, dict):
        parts = content.items()
    elif isinstance(content, list):
        parts = enumerate(content)
    for step, part in parts:
        yield from _empty_places(part, (*place, step))


def _count(mistakes: int) -> str:
    return "a mistake" if mistakes == 1 else f"{mistakes} mistakes"


def _mistakes(error: ValidationError, kind: type[BaseModel]) -> Iterator[Mistake]:
    for part in error.errors(include_url=False):
        # In brackets stands which of several models was read, and nobody wrote that.
        place = tuple(step for step in part["loc"] if not str(step).startswith("("))
        yield place, _in_words(part, _fields_at(kind, place[:-1]))


def _in_words(part: ErrorDetails, fields: Collection[str]) -> str:
    kind, found = part["type"], part["input"]
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return f"is no field here; {nearest(str(part['loc'][-1]), fields)}" if fields else "is no field here"
    if found is None or (isinstance(found, str) and not found.strip()):
        return EMPTY
    if kind == "literal_error":
        choices = [choice.strip("' ") for choice in part["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        return f"{found!r} is not one of them; {nearest(str(found), choices)}"
    if kind in ("tuple_type", "list_type"):
        return f"must be a list; write [{found}]" if isinstance(found, str) else "must be a list"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a mapping with fields of its own, indented below it"
    if kind == "string_type":
        return "must be a text"
    if kind in ("decimal_parsing", "int_parsing", "float_parsing"):
        return f"must be a number, not {found!r}"
    shown = f", not {found!r}" if isinstance(found, str) and len(found) <= 60 and kind != "value_error" else ""
    return part["msg"].removeprefix("Value error, ").replace("Input should", "should") + shown


def formed(pattern: str, form: str) -> AfterValidator:
    """A check that a text is written in one form; `form` says which, in words."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} should be {form}")
        return text

    return AfterValidator(check)


def among(*known: str) -> AfterValidator:
    """A check that a word is one of these."""

    def check(word: str) -> str:
        if word not in known:
            raise ValueError(f"{word!r} is not one of them; {nearest(word, known)}")
        return word

    return AfterValidator(check)


def probably(wrong: str, right: Collection[str]) -> str | None:
    """The one that was probably meant, if any is near."""
    plain = {one.lower(): one for one in right}
    near = difflib.get_close_matches(wrong.lower(), plain, 1, 0.6)
    return plain[near[0]] if near else None


def nearest(wrong: str, right: Collection[str]) -> str:
    """The one that was probably meant, or all that could be."""
    if near := probably(wrong, right):
        return f"did you mean {near}?"
    listed = [*right][:MOST_LISTED]
    more = f" and {len(right) - MOST_LISTED} more" if len(right) > MOST_LISTED else ""
    return f"known are {', '.join(listed)}{more}"


def _fields_at(kind: type[BaseModel], place: Place) -> Collection[str]:
    """The fields that the model knows at a place."""
    model: Any = kind
    for step in place:
        if isinstance(step, str):
            model = _model_in(model.model_fields[step].annotation) if step in model.model_fields else None
        if model is None:
            return ()
    return tuple(model.model_fields)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)
