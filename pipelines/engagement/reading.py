"""Events as a provider writes them, a JSON array or a line each, as columns; nothing is dropped but addresses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts import Refusal
from pipelines.engagement.vocabulary import SENDGRID, SOFT_CLASSES, SOFT_TYPES

# Bytes of a file at once: enough that each is quick, few enough that the next are read meanwhile.
SLICE = 10_000_000
# What is read of an event; the rest stays in `raw`.
FIELDS = (
    "email", "timestamp", "event", "sg_event_id", "sg_message_id", "liftline_message", "url", "ip", "useragent",
    "sg_machine_open", "method", "reason", "type", "bounce_classification", "value", "currency", "customer_id",
    "campaign_id", "link_id",
)  # fmt: skip
FRAME = pl.Schema(
    {
        "event_id": pl.String(), "event": pl.String(), "hard": pl.Boolean(), "occurred_at": pl.Datetime("us", "UTC"),
        "message_id": pl.String(), "provider_id": pl.String(), "campaign_id": pl.String(), "customer_id": pl.String(),
        "address": pl.String(), "domain": pl.String(), "url": pl.String(), "link_id": pl.String(), "ip": pl.String(),
        "ip_range": pl.String(), "user_agent": pl.String(), "method": pl.String(), "machine": pl.Boolean(),
        "value": pl.Float64(), "currency": pl.String(), "reason": pl.String(), "raw": pl.String(),
    }
)  # fmt: skip
REPORT_COLUMNS = (
    "kind", "event_id", "message_id", "customer_id", "email", "campaign_id", "link_id", "occurred_at", "value",
    "currency",
)  # fmt: skip
_ADDRESS = r"[^\s<>\"'@:,;=?&/\\]+@[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+"
_LATEST = 4_102_444_800
# More than this no column of money holds.
_DEAREST = 999_999_999_999
NO_EVENT = "it has no event; say in it what happened, as open or click"
NO_TIME = "its timestamp is no number of seconds since 1970; write 1795176000 for 2026-11-20T12:00:00Z"
NO_VALUE = "its value is no amount of money; write 59.90 for 59,90, and nothing where it has none"


@dataclass(frozen=True, slots=True)
class Heard:
    """Events as columns, and the lines that are none, each with its reason."""

    events: pl.DataFrame
    refused: tuple[tuple[int, str], ...] = ()


def read_post(body: bytes) -> Heard:
    """The events of one post; what is no JSON array of objects is refused as a whole."""
    try:
        listed = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refusal("The post is no JSON; SendGrid posts an array of events.") from error
    if not isinstance(listed, list):
        raise Refusal("The post is no JSON array; SendGrid posts an array of events.")
    return as_columns([_line(one) for one in listed])


def _line(event: Any) -> str:
    # Half of a surrogate pair is no text that a database could keep.
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace").decode()


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _without_surrogates(line: str) -> str:
    try:
        return _line(json.loads(line, parse_constant=_no_number))
    except (ValueError, RecursionError):
        return line


def read_file(path: Path) -> Iterator[Heard]:
    """The events of a file slice by slice: one JSON array, or an object a line."""
    try:
        with path.open("rb") as file:
            start = file.read(64).lstrip()
            if start.startswith(b"["):
                yield _whole_array(path)
                return
            file.seek(0)
            first = 1
            while block := file.read(SLICE):
                lines = (block + file.readline()).decode("utf-8", "replace").removesuffix("\n").split("\n")
                yield as_columns(lines, first=first)
                first += len(lines)
    except OSError as error:
        raise Refusal(f"{path} cannot be read ({error.strerror}).") from error


def _whole_array(path: Path) -> Heard:
    try:
        return read_post(path.read_bytes())
    except Refusal as refusal:
        at = refusal.__cause__
        where = (
            f"line {at.lineno}, column {at.colno}: {at.msg}" if isinstance(at, json.JSONDecodeError) else "its depth"
        )
        raise Refusal(
            f"{path} begins as a JSON array and does not end as one ({where}); mend it, or put each event on a line of "
            "its own without brackets around."
        ) from refusal


def read_reports(path: Path) -> list[str]:
    """Conversions and replies out of a CSV, as events in the provider's shape."""
    try:
        told = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise Refusal(f"{path} is no CSV that can be read ({str(error).splitlines()[0]}).") from error
    if unknown := sorted(set(told.columns) - set(REPORT_COLUMNS)):
        raise Refusal(f"{path} has the columns {', '.join(unknown)}; known are {', '.join(REPORT_COLUMNS)}.")
    if "occurred_at" not in told.columns:
        raise Refusal(f"{path} has no column occurred_at; say in it when each thing happened, as 2026-11-20T12:00:00Z.")
    moment = pl.col("occurred_at").str.to_datetime(time_zone="UTC", strict=False, time_unit="us")
    told = told.with_columns(
        event=pl.coalesce("kind", pl.lit("conversion")) if "kind" in told.columns else pl.lit("conversion"),
        timestamp=moment.dt.epoch("s"),
    ).rename({"message_id": "liftline_message", "event_id": "sg_event_id"}, strict=False)
    told = told.drop("kind", "occurred_at", strict=False)
    return told.select(pl.struct(told.columns).struct.json_encode()).to_series().to_list()


def as_columns(lines: list[str], *, first: int = 1) -> Heard:
    """Lines of JSON as columns."""
    raw = pl.DataFrame({"raw": lines}, schema={"raw": pl.String}).with_row_index("line", offset=first)
    raw = raw.with_columns(pl.col("raw").str.strip_chars(" \r\n\t\ufeff")).filter(pl.col("raw") != "")
    halves = pl.col("raw").str.contains(r"\\u[dD][89a-fA-F]")
    if raw.select(halves.any()).item():
        mended = pl.col("raw").map_elements(_without_surrogates, pl.String)
        raw = raw.with_columns(pl.when(halves).then(mended).otherwise("raw").alias("raw"))
    return _sound(_decoded(raw))


def _decoded(raw: pl.DataFrame) -> pl.DataFrame:
    """The fields of each line as texts, and what is wrong with it."""
    if raw.is_empty():
        return raw.with_columns(pl.lit(None, pl.String).alias(name) for name in (*FIELDS, "fault"))
    try:
        told = pl.read_ndjson(raw["raw"].str.join("\n").item().encode(), schema=dict.fromkeys(FIELDS, pl.String))
    except pl.exceptions.PolarsError:
        return _one_by_one(raw)
    told = raw.hstack(told).with_columns(fault=pl.lit(None, pl.String))
    # A text, or a list or an object that was made one.
    nested = pl.any_horizontal(pl.col(*FIELDS).str.contains(r"^[\[{]").fill_null(value=False))
    if told.select(nested.any()).item():
        mended = _one_by_one(raw.filter(told.select(nested).to_series()))
        told = pl.concat([told.filter(~nested), mended]).sort("line")
    return told


def _one_by_one(raw: pl.DataFrame) -> pl.DataFrame:
    """The same as the fast way, where some line is no object or holds something of an unlooked-for kind."""
    rows = [_told(line) for line in raw["raw"]]
    return raw.hstack(pl.DataFrame(rows, schema={**dict.fromkeys(FIELDS, pl.String), "fault": pl.String}))


def _told(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return {"fault": "it is no JSON; put one whole event on each line"}
    if not isinstance(found, dict):
        return {"fault": "it is no JSON object; put one event, in braces, on each line"}
    return {name: _text(found.get(name)) for name in FIELDS}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value) if not isinstance(value, list | dict) else None


def _sound(told: pl.DataFrame) -> Heard:
    seconds = pl.col("timestamp").cast(pl.Float64, strict=False)
    word = pl.col("event").str.to_lowercase().replace_strict(SENDGRID, default="other", return_dtype=pl.String)
    amount = pl.col("value").str.strip_chars().cast(pl.Float64, strict=False)
    sound = amount.is_between(-_DEAREST, _DEAREST).fill_null(value=False)
    told = told.with_columns(
        fault=pl.coalesce(
            "fault",
            pl.when(pl.col("event").is_null() | (pl.col("event") == "")).then(pl.lit(NO_EVENT)),
            pl.when(seconds.is_null() | ~seconds.is_between(0, _LATEST)).then(pl.lit(NO_TIME)),
            # Of any other event the value is nobody's business, and a stop is heard whatever stands in it.
            pl.when((word == "converted") & (pl.col("value").str.strip_chars() != "") & ~sound).then(pl.lit(NO_VALUE)),
            # PostgreSQL keeps no NUL, in no text.
            pl.when(pl.col("raw").str.contains("\\u0000", literal=True)).then(pl.lit("it holds a NUL character")),
        )
    )
    refused = told.filter(pl.col("fault").is_not_null()).select("line", "fault")
    told = _named(told.filter(pl.col("fault").is_null()))
    address = pl.col("email").str.strip_chars().str.to_lowercase()
    events = told.select(
        event_id=pl.col("sg_event_id"),
        event=word,
        hard=pl.when(word == "bounced").then(
            ~pl.col("type").str.to_lowercase().is_in(SOFT_TYPES).fill_null(value=False)
            & ~pl.col("bounce_classification").str.to_lowercase().is_in(SOFT_CLASSES).fill_null(value=False)
            & (pl.col("event") != "blocked")
        ),
        occurred_at=(seconds * 1_000_000).cast(pl.Int64).cast(pl.Datetime("us", "UTC")),
        message_id="liftline_message",
        # What the provider answered when it took the message stands before the first dot.
        provider_id=pl.col("sg_message_id").str.split(".").list.first(),
        campaign_id="campaign_id",
        customer_id="customer_id",
        address=address,
        domain=address.str.split("@").list.last(),
        url=pl.col("url").str.slice(0, 2000),
        link_id=pl.coalesce("link_id", pl.col("url").str.extract(r"[?&]utm_content=([^&#]+)")),
        ip="ip",
        # 256 neighbours of IPv4; of IPv6 what usually belongs to one site.
        ip_range=pl.coalesce(
            pl.col("ip").str.extract(r"^(\d+\.\d+\.\d+)\.\d+$"), pl.col("ip").str.extract(r"^((?:[0-9a-fA-F]+:){3})")
        ),
        user_agent=pl.col("useragent").str.slice(0, 1000),
        method=pl.col("method").str.to_uppercase(),
        machine=pl.col("sg_machine_open").str.to_lowercase().is_in(["true", "1"]).fill_null(value=False),
        value=pl.when(sound).then(amount),
        currency="currency",
        reason=pl.col("reason").str.replace_all(_ADDRESS, "<address>").str.slice(0, 1000),
        raw=pl.col("raw").str.replace_all(_ADDRESS, "<address>"),
    )
    return Heard(events.cast(FRAME), tuple(refused.iter_rows()))


def _named(told: pl.DataFrame) -> pl.DataFrame:
    """An event without an id, or with one too long, gets one made of its content: said again, it is the same."""
    named = pl.col("sg_event_id").str.len_chars().is_between(1, 100).fill_null(value=False)
    if told.select(named.all()).item():
        return told
    return told.with_columns(
        sg_event_id=pl.when(named)
        .then("sg_event_id")
        .otherwise(pl.col("raw").map_elements(lambda text: hashlib.sha256(text.encode()).hexdigest(), pl.String))
    )
