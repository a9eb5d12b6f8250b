"""Pages from templates; whatever they show is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

HERE = Path(__file__).parent


def _moment(value: Any) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value or "")


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value if value is not None else "")


def _decimal(value: float | None, places: int) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _money(value: float | Decimal | str, currency: str | None) -> str:
    amount = Decimal(str(value))
    # What a single text costs would read as nothing.
    places = 4 if 0 < abs(amount) < Decimal("0.1") else 2
    return f"{amount:,.{places}f} {currency or ''}".rstrip()


def _cell(value: Any) -> str:
    """A cell of a table that says itself what it holds."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return _number(value)
    return _moment(value) if isinstance(value, datetime) else "" if value is None else str(value)


def _size(value: int) -> str:
    amount = float(value)
    for unit in ("bytes", "KB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


CHANNELS = {
    "email": "E-mail",
    "sms": "Text message",
    "whatsapp": "WhatsApp",
    "push": "Push",
    "web": "Web",
    "linkedin": "LinkedIn",
    "phone": "Telephone",
    "post": "Post",
    "custom": "Another channel",
    "all": "Every way",
}
SCHEMES = {
    "rfm": "By how lately, often and much they buy",
    "rules": "By rules of your own",
    "kmeans": "By what they have in common",
}
STAGES = {"marketing": "Marketing", "quality": "Quality", "manager": "A manager", "director": "A director"}
SCREENINGS: Mapping[str | None, str] = {
    "pass": "passed",
    "review": "doubtful",
    "block": "stopped",
    None: "not screened yet",
}

HEADINGS = {
    401: "Nobody is signed in",
    403: "This is not open to you",
    404: "There is nothing here",
    409: "Not now",
    413: "Too large",
    429: "Too often",
    500: "Something failed",
    503: "Away for a moment",
}


def _place(place: str) -> str:
    part, dot, sentence = place.removeprefix("block ").partition(".")
    return f"Part {part}, sentence {sentence}" if dot else place.capitalize()


def _words(code: Any) -> str:
    return str(code).replace("_", " ")


_pages = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
FILTERS: dict[str, Callable[..., str]] = {
    "moment": _moment,
    "number": _number,
    "size": _size,
    "decimal": _decimal,
    "money": _money,
    "cell": _cell,
    "words": _words,
    "place": _place,
    "channel": lambda name: CHANNELS.get(str(name), str(name)),
    "scheme": lambda name: SCHEMES.get(str(name), str(name)),
    "stage": lambda name: STAGES.get(str(name), str(name)),
    "screening": lambda word: SCREENINGS[word],
}
_pages.filters |= FILTERS


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of the console for who is signed in."""
    caller = getattr(request.state, "caller", None)
    frame: Mapping[str, Any] = {
        "root": request.scope.get("root_path", ""),
        "path": request.scope["path"].removeprefix(request.scope.get("root_path", "")),
        "caller": caller,
        "entries": [entry for entry in request.app.state.pages if caller and entry.shown_to(caller)],
        "own_sign_in": request.app.state.console.sign_in.page is not None,
    }
    return HTMLResponse(_pages.get_template(template).render({**frame, **values}), status)


def public_page(template: str, *, status: int = 200, headers: Mapping[str, str], **values: Any) -> HTMLResponse:
    """A page for a reader of messages, who knows the sender and not the console."""
    return HTMLResponse(_pages.get_template(template).render(values), status, headers=dict(headers))


def error_page(request: Request, status: int, sentence: str) -> HTMLResponse:
    """What a person sees when something cannot be shown."""
    heading = HEADINGS.get(status, "This cannot be shown")
    return page(request, "error.html", status=status, heading=heading, sentence=sentence)
