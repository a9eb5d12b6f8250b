"""Numbers as people read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

UNKNOWN = "–"


def told(value: Any, unit: str) -> str:
    """A cell in words; a number that nobody knows is a dash."""
    if value is None:
        return UNKNOWN
    if unit == "share":
        return f"{100 * float(value):.2f} %" if abs(float(value)) < 0.1 else f"{100 * float(value):.1f} %"
    if unit == "points":
        return f"{100 * float(value):+.2f} points"
    if unit == "change":
        return f"{100 * float(value):+.1f} %"
    if unit in ("usd", "amount"):
        sign, amount, mark = "-" if value < 0 else "", abs(float(value)), "$" if unit == "usd" else ""
        return f"{sign}{mark}{amount:,.4f}" if 0 < amount < 0.1 else f"{sign}{mark}{amount:,.2f}"
    if unit == "count":
        return f"{value:,.0f}"
    if unit == "hours":
        return f"{float(value):,.1f} h"
    if unit == "times":
        return f"{float(value):,.1f}×"
    if unit == "month":
        return f"{value:%Y-%m}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return f"{float(value):,.3g}" if abs(float(value)) < 100 else f"{float(value):,.0f}"
    return "yes" if value is True else "no" if value is False else str(value)
