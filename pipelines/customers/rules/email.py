"""E-mail addresses."""

import unicodedata

import email_validator
import polars as pl

from pipelines.customers.rules.cells import completed, each_once, settled, trimmed
from pipelines.customers.rules.verdict import Judged

# Narrower than email_validator on purpose: what matches is surely valid there. Up to 66 bytes no label can
# pass 63; a double hyphen may be punycode or a reserved label.
_PLAIN = r"^[a-z0-9_+'-]+(?:\.[a-z0-9_+'-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]+$"
_PLAIN_BYTES = 66
# Tests and sample data live on .test; email_validator takes it only when told that this is a test.
_REFUSED = "|".join(name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name != "test")
_REFUSED_END = rf"[.@](?:{_REFUSED.replace('.', '[.]')})$"


def read_email(raw: pl.Series) -> Judged:
    """Lower-cased addresses; what email_validator refuses is `email_invalid`."""
    cells = raw.cast(pl.String)
    plain = _surely(cells)
    return settled(cells, plain, cells.set(~plain, None), _read_written)


def _read_written(raw: pl.Series) -> Judged:
    """Addresses with capitals or white space around them, and those that are not plain."""
    cells = trimmed(raw).str.to_lowercase()
    return completed(cells, ~_surely(cells), lambda rows: each_once(trimmed(raw.gather(rows)), _judge, pl.String()))


def _surely(cells: pl.Series) -> pl.Series:
    return cells.str.contains(_PLAIN) & (cells.str.len_bytes() <= _PLAIN_BYTES) & ~cells.str.contains(_REFUSED_END)


def _judge(cell: str) -> tuple[str | None, str | None]:
    address = cell[len("mailto:") :] if cell.lower().startswith("mailto:") else cell
    try:
        found = email_validator.validate_email(address, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError:
        return None, "email_invalid"
    return unicodedata.normalize("NFC", found.normalized.lower()), None
