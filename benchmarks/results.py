"""The tables of RESULTS.md: one that was measured anew takes the place of its forerunner."""

from __future__ import annotations

import platform

from benchmarks.harness import Calibration, Comparison

OPENING = f"""# Results

Under each title stands the command that made its table; where none does, it was `make bench ROWS=1000000 ROUNDS=3`. On
Python {platform.python_version()}, {platform.machine()}; the contenders ran in turn on a shared machine: read the
ratios, not the seconds.
"""


def with_table(text: str, command: str, comparison: Comparison | Calibration) -> str:
    """The page with this table, beside the command that made it."""
    _, *sections = text.split("\n## ")
    kept = {section.split("\n", 1)[0].strip(): f"## {section.strip()}\n" for section in sections}
    kept[comparison.title] = _section(command, comparison)
    return "\n".join([OPENING, *kept.values()])


def _section(command: str, comparison: Comparison | Calibration) -> str:
    lines = [f"| {' | '.join(comparison.columns)} |", f"|---|{'---:|' * (len(comparison.columns) - 1)}"]
    lines += [f"| {' | '.join(row)} |" for row in comparison.rows()]
    return "\n\n".join([f"## {comparison.title}", f"`{command}` Target: {comparison.target}.", "\n".join(lines)]) + "\n"
