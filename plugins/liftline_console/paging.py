"""Lists page by page: a cursor says where the last page ended, so that any page of any list is equally fast."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request

from liftline_console.problems import Problem

MOST = 200
NOT_OURS = "The cursor is none of this list; take `next_cursor` of the page before, or leave it out."
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the page before; leave out for the first page.")
]


def after(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """Where the page begins, read from the caller's cursor."""
    if cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=="))
    except ValueError:
        place = None
    if not isinstance(place, list) or [type(part) for part in place] != list(kinds):
        raise Problem(422, NOT_OURS)
    return tuple(place)


def moment(text: str) -> datetime:
    """A moment out of a cursor."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Problem(422, NOT_OURS) from None


def paged(rows: Sequence[Any], limit: int, place_of: Callable[[Any], Sequence[Any]]) -> dict[str, Any]:
    """A page out of up to `limit` + 1 rows; the row too many only tells that there is another page."""
    more = len(rows) > limit
    shown = list(rows[:limit])
    return {"items": shown, "next_cursor": cursor_at(*place_of(shown[-1])) if more else None}


def cursor_at(*place: Any) -> str:
    """The cursor of a page that begins after that place."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def next_page(request: Request, listed: dict[str, Any]) -> dict[str, Any]:
    """The addresses that a list on a page links to, its filters kept."""
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor" and value]
    cursor, here = listed["next_cursor"], request.url.path
    return {
        "next_page": f"{here}?{urlencode([*asked, ('cursor', cursor)])}" if cursor else None,
        "first_page": f"{here}?{urlencode(asked)}" if "cursor" in request.query_params else None,
    }
