"""All comparisons; `--write` keeps the tables in benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

from benchmarks.analysing import analysing
from benchmarks.api import answering
from benchmarks.assigning import assigning, keeping_arms
from benchmarks.auditing import appending, verifying
from benchmarks.calibrating import calibrating
from benchmarks.composing import composing
from benchmarks.delivering import recording, sending
from benchmarks.drafting import drafting
from benchmarks.eligibility import eligibility
from benchmarks.harness import Calibration, Comparison
from benchmarks.hearing import hearing
from benchmarks.importing import importing
from benchmarks.learning import scoring, training
from benchmarks.lifting import lifting
from benchmarks.marts import building
from benchmarks.reimporting import reimporting
from benchmarks.retrieval import retrieval
from benchmarks.screening import screening
from benchmarks.segmentation import segmenting
from pipelines.commands.screen import err, print_table
from pipelines.services import open_services
from pipelines.settings import load_settings

COMPARED = (
    importing, reimporting, segmenting, retrieval, composing, drafting, screening, eligibility, assigning,
    keeping_arms, analysing, calibrating, lifting, appending, verifying, answering, sending, recording, hearing,
    training, scoring, building,
)  # fmt: skip
NAMED = {compare.__name__: compare for compare in COMPARED}
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure, print, and write the results when asked to."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--write", action="store_true", help="keep the tables in benchmarks/RESULTS.md")
    asked.add_argument("--only", default="", help=f"those with this in their name or file: {', '.join(NAMED)}")
    given = asked.parse_args()
    chosen = [compare for name, compare in NAMED.items() if given.only in name or given.only in compare.__module__]
    if not chosen:
        asked.error(f"no comparison is called {given.only!r}; known are {', '.join(NAMED)}")
    if given.write and given.only:
        asked.error("--write keeps the tables of all comparisons; leave --only out")
    # A server of its own: tables that others filled would slow the rounds, and must not be emptied between them.
    settings = load_settings()
    home = settings.liftline_home / "benchmarks"
    services = open_services(settings.model_copy(update={"liftline_home": home, "database_url": None}))
    comparisons: list[Comparison | Calibration] = []
    for compare in chosen:
        comparison = compare(services, given.rows)
        comparisons.append(comparison)
        comparison.measure(given.rounds, lambda text: err.print(text, highlight=False))
        print_table(f"{comparison.title} (target: {comparison.target})", comparison.columns, comparison.rows())
    if given.write:
        RESULTS.write_text(_as_markdown(comparisons, given.rows, given.rounds), encoding="utf-8")


def _as_markdown(comparisons: list[Comparison | Calibration], rows: int, rounds: int) -> str:
    parts = [
        "# Results",
        f"Made by `make bench ROWS={rows} ROUNDS={rounds} WRITE=1` on Python {platform.python_version()}, "
        f"{platform.machine()}. The contenders ran in turn on a shared machine: read the ratios, not the seconds.",
    ]
    for comparison in comparisons:
        lines = [f"| {' | '.join(comparison.columns)} |", f"|---|{'---:|' * (len(comparison.columns) - 1)}"]
        lines += [f"| {' | '.join(row)} |" for row in comparison.rows()]
        parts += [f"## {comparison.title}", f"Target: {comparison.target}.", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
