"""The time of day that follows a date, with its offset from UTC."""

import re

# Also read by Rust's regex engine, so without look-around.
DAY_AND_CLOCK = re.compile(
    r"(?P<day>[^T:]*[^T:,\s])(?:[T\s]|,\s)\s*"
    r"(?P<clock>[0-9]{1,2}:[0-9]{2}[^T]*|[0-9]{6}(?:\.[0-9]+)?(?:Z|[+-][0-9:]+)?)"
)
_CLOCK = re.compile(
    r"(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s?([ap]m)?\s?(?:(z|utc|gmt)|([+-])(\d{2}):?(\d{2})?)?",
    re.IGNORECASE | re.ASCII,
)
_SECOND = 1_000_000


def judge_clock(text: str) -> tuple[int | None, str | None]:
    """Microseconds from midnight UTC, negative or beyond a day where the offset says so."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None, "date_invalid"
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[5]:
        if not 1 <= hour <= 12:
            return None, "date_invalid"
        hour = hour % 12 + (12 if found[5].lower() == "pm" else 0)
    away = int(found[8] or 0) * 60 + int(found[9] or 0)
    if hour > 23 or minute > 59 or second > 59 or away > 14 * 60 or int(found[9] or 0) > 59:
        return None, "date_invalid"
    east = -away if found[7] == "-" else away
    fraction = int((found[4] or "").ljust(6, "0")[:6])
    return ((hour * 60 + minute - east) * 60 + second) * _SECOND + fraction, None
