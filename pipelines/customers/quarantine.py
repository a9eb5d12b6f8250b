"""The quarantine: each refused line as it came, why, and how to mend it, in a file that can be imported again."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import polars as pl

from pipelines.customers.columns import QUARANTINE_COLUMNS, ColumnPlan
from pipelines.customers.rules.cells import trimmed
from pipelines.customers.rules.reasons import REASONS
from pipelines.customers.shield import shielded

LINE, ORIGINAL, CODES, WHY, MEND = QUARANTINE_COLUMNS
SHOWN = 80
ERASED = "erased"
OWN_ID = "quarantine_customer_id"


def reasons_by_line(problems: pl.DataFrame) -> pl.DataFrame:
    """One row a line: its codes, its sentences, and what mends them."""
    short = pl.col("value").str.slice(0, SHOWN) + pl.when(pl.col("value").str.len_chars() > SHOWN).then(
        pl.lit("…")
    ).otherwise(pl.lit(""))
    shown = problems.with_columns(short.fill_null("").alias("value"))
    parts = [_explained(str(code), group) for (code,), group in shown.group_by("code", maintain_order=True)]
    if not parts:
        return pl.DataFrame(schema={LINE: pl.Int64, CODES: pl.String, WHY: pl.String, MEND: pl.String})
    return (
        pl.concat(parts)
        .group_by("line", maintain_order=True)
        .agg(
            pl.col("code").unique(maintain_order=True).str.join(" ").alias(CODES),
            pl.col("sentence").str.join(" ").alias(WHY),
            pl.col("mend").unique(maintain_order=True).str.join(" ").alias(MEND),
        )
        .rename({"line": LINE})
    )


def _explained(code: str, group: pl.DataFrame) -> pl.DataFrame:
    reason = REASONS[code]
    words = re.split(r"\{(column|value)\}", reason.sentence)
    sentence = pl.concat_str(pl.col(word) if index % 2 else pl.lit(word) for index, word in enumerate(words))
    return group.select("line", "code", sentence.alias("sentence"), pl.lit(reason.mend).alias("mend"))


class QuarantineFile:
    """Written as the file is read, so that memory stays flat; its reasons are counted on the way."""

    def __init__(self, folder: Path, plan: ColumnPlan) -> None:
        self.path, self.refused = folder / "quarantine.csv", folder / "refused.csv"
        self._columns = [*plan.canonical, *plan.others]
        self.reasons: Counter[str] = Counter()
        self.lines = 0
        if not self.path.exists():
            heading = pl.DataFrame(schema=dict.fromkeys([*self._columns, *QUARANTINE_COLUMNS], pl.String))
            # Spreadsheets take a CSV without this mark for their local code page.
            self.path.write_bytes(b"\xef\xbb\xbf" + shielded(heading).write_csv().encode())
            self.refused.touch()

    def add(self, refused: pl.DataFrame, problems: pl.DataFrame) -> None:
        """Write these lines, their reasons beside them."""
        if not len(refused):
            return
        explained = refused.join(reasons_by_line(problems), on=LINE, how="left", maintain_order="left")
        self.reasons.update(dict(problems.group_by("code").agg(pl.col("line").n_unique()).iter_rows()))
        self.lines += len(refused)
        explained = explained.with_columns(_own_id(explained, self._columns))
        # Who asked to be erased is not written down again.
        gone = pl.col(CODES).str.split(" ").list.contains(ERASED)
        told = pl.when(~gone).then(pl.exclude(LINE, CODES, WHY, MEND)).otherwise(pl.lit(""))
        explained = explained.with_columns(told)
        cells = [pl.col(name) if name in refused.columns else pl.lit(None).alias(name) for name in self._columns]
        for path, table in (
            (self.path, shielded(explained.select(*cells, *QUARANTINE_COLUMNS))),
            (self.refused, explained.select(*QUARANTINE_COLUMNS, OWN_ID)),
        ):
            with path.open("ab") as out:
                table.write_csv(out, include_header=False)


def _own_id(refused: pl.DataFrame, columns: list[str]) -> pl.Series:
    """Of each line the customer's id, empty where it has none; null where it could not be cut into its cells."""
    there = [name for name in columns if name in refused.columns]
    if "customer_id" not in there:
        return pl.repeat("", len(refused), dtype=pl.String, eager=True).alias(OWN_ID)
    cut = refused.select(pl.any_horizontal(pl.col(there).is_not_null())).to_series()
    return trimmed(refused["customer_id"]).fill_null("").set(~cut, None).alias(OWN_ID)
