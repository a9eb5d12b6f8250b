"""The expectations run by Great Expectations, and its data docs built; imported late, for it takes seconds."""

from __future__ import annotations

import logging
import math
import re
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.customers.quality.expectations import CONSENT, LOWER, UPPER, Expectation, expected_of
from pipelines.customers.quality.facts import Outcome
from pipelines.customers.rules.consent import read_consent

# Cells must not land in the report: the counts are asked for, and no example of an unexpected value.
_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0, "include_unexpected_rows": False}


def validate(kind: str, sample: pl.DataFrame, site: Path, run: str, moment: datetime) -> list[Outcome]:
    """Runs a kind's expectations over the sample and builds their data docs in `site`."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _validate(kind, _tidied(sample), site, re.sub(r"[^\w-]", "-", run) or "import", moment)


def _tidied(sample: pl.DataFrame) -> pl.DataFrame:
    cells = sample.with_columns(pl.all().cast(pl.String).str.strip_chars())
    cells = cells.with_columns(pl.when(pl.all() != "").then(pl.all()))
    lower = [pl.col(name).str.to_lowercase() for name in LOWER if name in cells.columns]
    upper = [pl.col(name).str.to_uppercase() for name in UPPER if name in cells.columns]
    read = [read_consent(cells[name]).values.fill_null(cells[name]).alias(name) for name in CONSENT if name in cells]
    return cells.with_columns(*lower, *upper, *read)


def _validate(kind: str, cells: pl.DataFrame, site: Path, run: str, moment: datetime) -> list[Outcome]:
    import great_expectations as gx

    context = _context(site)
    asset = context.data_sources.add_pandas("file").add_dataframe_asset(kind)
    asked = expected_of(kind, cells.columns)
    suite = gx.ExpectationSuite(kind, expectations=[_spoken(one, at) for at, one in enumerate(asked)])
    definition = gx.ValidationDefinition(
        name=kind,
        data=asset.add_batch_definition_whole_dataframe("rows"),
        suite=context.suites.add(suite),
    )
    context.validation_definitions.add(definition)
    checkpoint = gx.Checkpoint(name=kind, validation_definitions=[definition], actions=[], result_format=_COUNTS_ONLY)
    ran = context.checkpoints.add(checkpoint).run(
        batch_parameters={"dataframe": cells.to_pandas()},
        run_id=gx.RunIdentifier(run_name=run, run_time=moment),
    )
    context.build_data_docs()
    (found,) = ran.run_results.values()
    return [_outcome(asked[one.expectation_config.meta["at"]], one) for one in found.results]


def _context(site: Path) -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    docs = {
        "class_name": "SiteBuilder",
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "show_how_to_buttons": False,
    }
    config = DataContextConfig(
        store_backend_defaults=stores,
        data_docs_sites={"report": docs},
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _spoken(one: Expectation, at: int) -> Any:
    from great_expectations import expectations

    arguments = dict(one.arguments)
    if one.column is not None:
        arguments["column"] = one.column
    if one.mostly < 1:
        arguments["mostly"] = one.mostly
    return getattr(expectations, one.check)(**arguments, severity=one.severity, meta={"at": at})


def _outcome(one: Expectation, found: Any) -> Outcome:
    unexpected = found.result.get("unexpected_percent")
    # Rounded down, or a single bad cell in a million would read as 100 %.
    share = None if unexpected is None else math.floor((100 - unexpected) * 100) / 100
    return Outcome(one.sentence, one.severity, bool(found.success), share, one.mostly * 100)
