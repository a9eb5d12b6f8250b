"""Refreshing the marts: one build, its lineage, and the pages that describe them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from pipelines.contracts import Json, Refusal
from pipelines.reporting import lineage
from pipelines.reporting.building import Built, alone, forget_runs, run_dbt
from pipelines.reporting.failures import counts, failures, silence, summary
from pipelines.reporting.ports import Newsroom

log = structlog.get_logger(__name__)

KEPT_RUNS = 10
DOCS = "index.html"
# What the rules of a rate are was tested before it was shipped; a refresh tests the data.
TESTED_ELSEWHERE = ("--exclude-resource-type", "unit_test")


def refresh(newsroom: Newsroom, *, full: bool = False, also: Sequence[str] = TESTED_ELSEWHERE) -> Json:
    """Build and test every mart; what failed is told to people and refused by name. Docs are made with it."""
    run = f"{newsroom.clock():%Y%m%dT%H%M%S%fZ}"
    with alone(newsroom.database):
        built = run_dbt(
            newsroom.database, newsroom.project, newsroom.state, run,
            "build", *also, *(["--full-refresh"] if full else []),
        )  # fmt: skip
        results = built.results()
        # dbt writes the docs beside what it says of the build: that is read first.
        lineage.append(newsroom.lineage, lineage.events(_manifest(built), results, run=run, now=newsroom.clock()))
    forget_runs(newsroom.state, keep=KEPT_RUNS)
    failed = failures(results)
    if not failed and built.code:
        failed = [f"dbt ended with code {built.code}; its log is {built.target / 'dbt.log'}."]
    if failed:
        told = f"The marts were not refreshed as a whole. {summary(failed)}"
        newsroom.alert(told)
        raise Refusal(told)
    return {"run": run, "full": full, **counts(results)}


def stale(newsroom: Newsroom) -> list[str]:
    """What has had nothing new for longer than it should, in words: a hint at a feed that stopped, and no failure."""
    run = f"{newsroom.clock():%Y%m%dT%H%M%S%fZ}-fresh"
    built = run_dbt(newsroom.database, newsroom.project, newsroom.state, run, "source", "freshness")
    told = [silence(one) for one in built.freshness() if one["status"] != "pass"]
    for sentence in told:
        log.warning("source_is_stale", why=sentence)
    return told


def write_docs(newsroom: Newsroom) -> Path:
    """The pages that describe every model and column, as one file that needs nothing but itself."""
    run = f"{newsroom.clock():%Y%m%dT%H%M%S%fZ}-docs"
    built = run_dbt(newsroom.database, newsroom.project, newsroom.state, run, "docs", "generate", "--static")
    made = built.target / "static_index.html"
    if built.code or not made.exists():
        raise Refusal(f"dbt could not write its docs; its log is {built.target / 'dbt.log'}.")
    newsroom.docs.mkdir(parents=True, exist_ok=True)
    page = newsroom.docs / DOCS
    shutil.copyfile(made, page.with_suffix(".part"))
    page.with_suffix(".part").replace(page)
    return page


def _manifest(built: Built) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((built.target / "manifest.json").read_text(encoding="utf-8"))
    return found
