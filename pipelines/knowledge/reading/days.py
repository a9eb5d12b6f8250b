"""Days as they stand at the beginning of a line, where a number with a full stop looks like that of a list."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Of languages that write the day with a full stop; English, which does not, has some of the names as well.
_MONTH = re.compile(
    r"(?:januar|jänner|februar|feber|märz|marts|mars|april|mai|maj|juni|juli|august|september|oktober|november"
    r"|dezember|december|desember|ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|prosince"
    r"|\w+kuuta)\b",
    re.IGNORECASE,
)


def are_days(items: Sequence[str]) -> bool:
    """Whether the numbers before these items are days: each stands before a month."""
    return bool(items) and all(_MONTH.match(item) for item in items)
