"""A quality report as a static site: our summary in front, the data docs of Great Expectations behind it."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import polars as pl

from pipelines.customers.quality.data_docs import unplug
from pipelines.customers.quality.facts import QualityFacts
from pipelines.customers.quality.summary import summary_page
from pipelines.customers.quality.validation import validate


def write_report(*, folder: Path, kind: str, sample: pl.DataFrame, facts: QualityFacts) -> Path:
    """Checks the sample and puts the report in `folder`, in place of an earlier one; its first page."""
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    site = folder.parent / f".{folder.name}.{uuid4().hex}"
    site.mkdir()
    try:
        outcomes = validate(kind, sample, site, facts.batch_id, facts.imported_at)
        validation, suite = unplug(site)
        links = {"validation result": validation.as_posix(), "expectation suite": suite.as_posix()}
        page = summary_page(kind, facts, sample.height, outcomes, links)
        (site / "index.html").write_text(page, encoding="utf-8")
        _put_in_place(site, folder)
    finally:
        shutil.rmtree(site, ignore_errors=True)
    return folder / "index.html"


def _put_in_place(site: Path, folder: Path) -> None:
    """A folder cannot be renamed over a full one: the earlier report steps aside first."""
    earlier = site.with_name(site.name + ".earlier")
    if folder.exists():
        folder.rename(earlier)
    try:
        site.rename(folder)
    except OSError:
        if earlier.exists():
            earlier.rename(folder)
        raise
    shutil.rmtree(earlier, ignore_errors=True)
