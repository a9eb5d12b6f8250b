"""Free text, identifiers, tags and JSON."""

import json
from decimal import Decimal

import polars as pl

from pipelines.customers.rules.cells import completed, each_once, settled, trimmed
from pipelines.customers.rules.verdict import Judged

# ASCII and the composed letters of Latin scripts, which NFC leaves as they are.
_PLAIN = r"^[!-~À-ɏ]+(?: [!-~À-ɏ]+)*$"
# Beside control characters: zero-width marks that break matching, and direction overrides that disguise text.
# The zero-width joiner stays: emoji and several scripts need it.
_UNSEEN = r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
_IDENTIFIER_LIMIT = 200
_PLAIN_IDENTIFIER = r"^[A-Za-z0-9_-]{1,200}$"
TAG_SEPARATOR = "\x1f"
_CONTROL = r"\p{Cc}"
# What Excel shows instead of a long number; without the plus sign it could be somebody's real id.
_SCIENTIFIC = r"^[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{1,3}$"

# Of a number in Postgres.
_MOST_DECIMALS = 16_383
_JSON_GAP = r"[ \t\r\n]*"
_JSON_STRING = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*"'
_JSON_NUMBER = r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,2})?"
_JSON_VALUE = f"(?:{_JSON_STRING}|{_JSON_NUMBER}|true|false|null)"
_JSON_PAIR = f"{_JSON_GAP}{_JSON_STRING}{_JSON_GAP}:{_JSON_GAP}{_JSON_VALUE}{_JSON_GAP}"
_JSON_FLAT = r"^\{(?:" + f"{_JSON_PAIR}(?:,{_JSON_PAIR})*|{_JSON_GAP}" + r")\}$"


def read_text(raw: pl.Series, limit: int = 500) -> Judged:
    """Text on one line, composed (NFC), without control characters; over the limit, `text_too_long`."""
    cells = raw.cast(pl.String)
    plain = cells.str.contains(_PLAIN) & (cells.str.len_bytes() <= limit)
    return settled(cells, plain, cells.set(~plain, None), lambda rest: _read_written(rest, limit))


def _read_written(raw: pl.Series, limit: int) -> Judged:
    cells = trimmed(raw)
    odd = ~cells.str.contains(_PLAIN)
    if odd.any():
        rows = odd.fill_null(False).arg_true()
        cells = cells.clone().scatter(rows, _cleaned(cells.gather(rows)))
    return _refused(cells, {"text_too_long": cells.str.len_chars() > limit})


def read_identifier(raw: pl.Series) -> Judged:
    """Identifiers as written, with their leading zeros."""
    cells = raw.cast(pl.String)
    plain = cells.str.contains(_PLAIN_IDENTIFIER)
    return settled(cells, plain, cells.set(~plain, None), _read_odd_identifier)


def _read_odd_identifier(raw: pl.Series) -> Judged:
    cells = trimmed(raw)
    return _refused(
        cells,
        {
            "id_too_long": cells.str.len_chars() > _IDENTIFIER_LIMIT,
            "id_invalid": cells.str.contains(_CONTROL),
            "id_scientific": cells.str.contains(_SCIENTIFIC),
        },
    )


def read_tags(raw: pl.Series) -> Judged:
    """Tags, split at ; | and , and joined by TAG_SEPARATOR in the order written, each once."""
    cells = trimmed(raw).str.replace_all(r"\s*[;|,][\s;|,]*", ";").str.strip_chars(";")
    cells = cells.set(cells == "", None)
    lists = cells.str.split(";").list.unique(maintain_order=True)
    one = pl.element().str.replace_all(TAG_SEPARATOR, " ")
    return Judged(lists.list.eval(one).list.join(TAG_SEPARATOR), {})


def read_json(raw: pl.Series) -> Judged:
    """JSON objects as written; anything else is `json_invalid`."""
    cells = trimmed(raw)
    odd = ~cells.str.contains(_JSON_FLAT)
    return completed(cells, odd, lambda rows: each_once(cells.gather(rows), _judge_json, pl.String()))


def _cleaned(cells: pl.Series) -> pl.Series:
    seen = cells.str.replace_all(_UNSEEN, "").str.replace_all(r"\s+", " ").str.strip_chars(" ")
    seen = seen.str.normalize("NFC")
    return seen.set(seen == "", None)


def _refused(values: pl.Series, masks: dict[str, pl.Series]) -> Judged:
    problems: dict[str, pl.Series] = {}
    for code, mask in masks.items():
        hits = mask.fill_null(False)
        if hits.any():
            problems[code] = hits
            values = values.set(hits, None)
    return Judged(values, problems)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _number(written: str) -> float:
    if int(Decimal(written).as_tuple().exponent) < -_MOST_DECIMALS:
        raise ValueError(f"{written} has more decimals than Postgres stores")
    return float(written)


def _judge_json(cell: str) -> tuple[str | None, str | None]:
    try:
        # Of a name that comes twice Postgres reads both values, and json would keep the last one only.
        found = json.loads(
            cell, parse_constant=_no_constant, parse_float=_number,
            object_pairs_hook=lambda pairs: dict(enumerate(pairs)),
        )  # fmt: skip
        # Postgres stores neither half of a surrogate pair nor a null character, escaped or not.
        written = json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        return None, "json_invalid"
    has_null_character = rb"\u0000" in written.replace(rb"\\", b"")
    return (cell, None) if isinstance(found, dict) and not has_null_character else (None, "json_invalid")
