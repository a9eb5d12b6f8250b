"""What failed in a build, by name and with the number of rows, so that nobody must look into a log to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BAD = ("error", "fail", "runtime error")
MOST_NAMED = 8


def failures(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence each model or test that failed; what was skipped for it is not a failure of its own."""
    return [_sentence(result) for result in results if result["status"] in BAD]


def silence(source: Mapping[str, Any]) -> str:
    """One sentence on a source that is not fresh."""
    name, last = source["unique_id"].split(".")[-1], source.get("max_loaded_at")
    if source["status"] == "runtime error":
        return f"Nobody knows how fresh {name} is: {source.get('error') or 'dbt did not say why'}."
    if not last or last < "1971":
        return f"Nothing ever came into {name}."
    days = source["max_loaded_at_time_ago_in_s"] / 86400
    return f"Nothing has come into {name} for {days:.0f} days, since {last[:10]}."


def counts(results: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many models and tests were built, passed, failed, warned and were skipped."""
    kinds = {"model": "models", "test": "tests", "unit_test": "tests"}
    counted = {"models": 0, "tests": 0, "failed": 0, "warned": 0, "skipped": 0}
    for result in results:
        kind = kinds.get(result["unique_id"].split(".")[0])
        if result["status"] in BAD:
            counted["failed"] += 1
        elif result["status"] == "warn":
            counted["warned"] += 1
        elif result["status"] == "skipped":
            counted["skipped"] += 1
        elif kind:
            counted[kind] += 1
    return counted


def summary(failed: Sequence[str]) -> str:
    """All failures in one message that stays readable."""
    shown = " ".join(failed[:MOST_NAMED])
    more = len(failed) - MOST_NAMED
    return shown if more <= 0 else f"{shown} And {more} more."


def _sentence(result: Mapping[str, Any]) -> str:
    kind, _, *rest = result["unique_id"].split(".")
    # The id of a generic test ends with a hash.
    name = rest[0] if kind == "test" or len(rest) == 1 else rest[-1]
    if kind == "test" and result["status"] == "fail":
        found = result.get("failures") or 0
        return f"The test {name} found {found:,} {'row' if found == 1 else 'rows'} that should not be."
    said = " ".join(line.strip() for line in (result.get("message") or "").splitlines() if line.strip())
    return f"The {kind.replace('_', ' ')} {name} failed: {said[:300].rstrip('.')}."
