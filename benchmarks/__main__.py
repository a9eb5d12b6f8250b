"""All comparisons or some; `--write` puts their tables into benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.analysing import analysing
from benchmarks.api import answering
from benchmarks.assigning import assigning, keeping_arms
from benchmarks.auditing import appending, verifying
from benchmarks.calibrating import calibrating
from benchmarks.composing import composing
from benchmarks.delivering import recording, sending
from benchmarks.dispatching import sending_campaign
from benchmarks.drafting import drafting
from benchmarks.eligibility import eligibility
from benchmarks.hearing import hearing
from benchmarks.importing import importing
from benchmarks.learning import scoring, training
from benchmarks.lifting import lifting
from benchmarks.marts import building
from benchmarks.reimporting import reimporting
from benchmarks.results import with_table
from benchmarks.retrieval import retrieval
from benchmarks.screening import screening
from benchmarks.segmentation import segmenting
from pipelines.commands.screen import err, print_table
from pipelines.services import open_services
from pipelines.settings import load_settings

COMPARED = (
    importing, reimporting, segmenting, retrieval, composing, drafting, screening, eligibility, assigning,
    keeping_arms, analysing, calibrating, lifting, appending, verifying, answering, sending, sending_campaign,
    recording, hearing, training, scoring, building,
)  # fmt: skip
NAMED = {compare.__name__: compare for compare in COMPARED}
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure, print, and write the results when asked to."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--write", action="store_true", help="keep the tables in benchmarks/RESULTS.md")
    asked.add_argument(
        "--only", default="", help=f"the one of this name, or those with it in their name or file: {', '.join(NAMED)}"
    )
    given = asked.parse_args()
    chosen = (
        {given.only: NAMED[given.only]}
        if given.only in NAMED
        else {
            name: compare for name, compare in NAMED.items() if given.only in name or given.only in compare.__module__
        }
    )
    if not chosen:
        asked.error(f"no comparison is called {given.only!r}; known are {', '.join(NAMED)}")
    # A server of its own: tables that others filled would slow the rounds, and must not be emptied between them.
    settings = load_settings()
    home = settings.liftline_home / "benchmarks"
    services = open_services(settings.model_copy(update={"liftline_home": home, "database_url": None}))
    for name, compare in chosen.items():
        comparison = compare(services, given.rows)
        comparison.measure(given.rounds, lambda text: err.print(text, highlight=False))
        print_table(f"{comparison.title} (target: {comparison.target})", comparison.columns, comparison.rows())
        if given.write:
            command = f"make bench ROWS={given.rows} ROUNDS={given.rounds} ONLY={name} WRITE=1"
            page = with_table(RESULTS.read_text(encoding="utf-8"), command, comparison)
            RESULTS.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
