"""The whole chain, from a customer file over a sink on loopback and back to the marts, stage by stage.

`make bench-scale ROWS=1000000` runs it at a hundredth, a tenth and all of the rows, each in a process and on a database
server of its own, checks that the counts add up, and keeps table and chart beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import psutil
from psycopg import sql
from pydantic import SecretStr

from benchmarks.delivering import KEY, came, open_sink
from benchmarks.importing import raw_copy
from benchmarks.million import customers_csv
from pipelines.commands.screen import err, print_table
from pipelines.customers.run import Order, import_file
from pipelines.database import DBT
from pipelines.delivery.queueing import queue
from pipelines.delivery.run import send_queued
from pipelines.engagement.run import feed, ingest_file, label
from pipelines.engagement.store import copy_out
from pipelines.experiments.analysis.run import read_out
from pipelines.experiments.run import assign, fix_design
from pipelines.generation.briefs import Brief
from pipelines.generation.run import draft, open_campaign, retrieve
from pipelines.knowledge.run import index_folder
from pipelines.reporting.run import refresh
from pipelines.review.run import approve, ask_for_approval, grant
from pipelines.safety.run import decide_audience, require_coverage, screen_campaign
from pipelines.segmentation.run import run as segment
from pipelines.services import Services, open_services
from pipelines.settings import PROJECT, load_settings
from pipelines.tenants.run import create_tenant

TENANT, BY, LATER, CONSENTED = "bench-scale", "bench", timedelta(days=15), "2026-10-01"
TABLE, CHART = (Path(__file__).with_name(name) for name in ("SCALE.md", "scale.png"))
COLUMNS = ("stage", "rows", "seconds", "rows/s", "peak MB", "limit, rows/s", "x limit", "what the limit is")
# How fast the bare work is on an unshared machine of two cores, in rows a second. Stages without one are bound by the
# number of variants, or are nothing but statements over what others have written.
LIMITS = {
    "segment": (7_400_000, "RFM and clusters in memory, nothing kept"),
    "assign": (21_000_000, "hashing in memory, nothing kept"),
    "queue": (700_000, "one COPY of the same rows"),
    "send": (3_000_000, "prebuilt bodies into the sink, no ledger"),
    "hear": (423_000, "one sorted COPY"),
    "read out": (280_000_000, "numpy over columns in memory"),
    "marts": (660_000, "the same SQL in psql, six models"),
}
CLICKS = {"professional": 10, "friendly": 13}  # of a hundred
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0"
SENT = pl.Schema({"message_id": pl.String, "arm": pl.String, "email": pl.String, "left_at": pl.Int64})
BRIEF: dict[str, Any] = {
    "name": "Winter at scale", "goal": "Sell Wool throws before the cold months.", "channel": "email",
    "audience": {"unit": "segment", "scheme": "kmeans"}, "tone": "warm and plain", "budget_usd": 5,
    "value_proposition": ["A throw that keeps two people warm on one sofa, and can be mended."],
    "call_to_action": {
        "text": "See the Wool throws", "link": "https://www.lindhaven.example/products/wool-throw",
    },
    "strategies": list(CLICKS),
    "arms": [
        *({"name": name, "weight": 9, "strategy": name} for name in CLICKS), {"name": "nobody writes", "weight": 2},
    ],
    "knowledge": {
        "query": "Wool throw, warmth, size and colours, price, guarantee", "audience": ["consumer"], "locale": "en",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage cost; `megabytes` is the most that we and the database server held while it ran."""

    name: str
    rows: int
    seconds: float
    megabytes: float
    limit: float | None = None
    what: str = ""

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        pace = self.rows / self.seconds
        limit = (f"{self.limit:,.0f}", f"{self.limit / pace:,.1f}") if self.limit else ("", "")
        return (
            self.name, f"{self.rows:,}", f"{self.seconds:.2f}", f"{pace:,.0f}", f"{self.megabytes:,.0f}", *limit,
            self.what,
        )  # fmt: skip


class Meter:
    """Times stages, and looks at the memory of both process trees five times a second."""

    def __init__(self, server: int) -> None:
        self.stages: list[Stage] = []
        self._server, self._most = server, 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    @contextmanager
    def stage(self, name: str, rows: int, limit: tuple[float, str] | None = None) -> Iterator[None]:
        """One stage over so many rows."""
        err.print(f"{name}: {rows:,} …", highlight=False)
        self._most, began = self._held(), time.perf_counter()
        yield
        taken = time.perf_counter() - began
        self.stages.append(Stage(name, rows, taken, self._most, *(limit or LIMITS.get(name, (None, "")))))

    def _watch(self) -> None:
        while True:
            time.sleep(0.2)
            self._most = max(self._most, self._held())

    def _held(self) -> float:
        """Private pages of every process, and once what the server's processes share."""
        private, shared = 0, 0
        for root in (os.getpid(), self._server):
            with suppress(psutil.NoSuchProcess):
                for process in (psutil.Process(root), *psutil.Process(root).children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        memory = process.memory_info()
                        private += memory.rss - memory.shared
                        shared = max(shared, memory.shared)
        return (private + shared) / 1e6


def main() -> None:
    """Run the sizes one after the other, and keep what they cost."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--one", type=Path, help="run this size alone, into this file")
    given = asked.parse_args()
    if given.one:
        given.one.write_text(json.dumps([asdict(one) for one in _measured(given.rows)]), encoding="utf-8")
        return
    costs = {rows: _by_itself(rows) for rows in (given.rows // 100, given.rows // 10, given.rows)}
    for rows, stages in costs.items():
        print_table(f"{rows:,} customers", COLUMNS, [one.cells() for one in _with_sum(rows, stages)])
    TABLE.write_text(_as_markdown(costs), encoding="utf-8")
    _chart(costs).save(CHART, scale_factor=2)
    err.print(f"Kept in {TABLE} and {CHART}.", highlight=False)


def _by_itself(rows: int) -> list[Stage]:
    home = load_settings().liftline_home / f"scale-{rows}"
    told = home.with_suffix(".json")
    told.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.scale", "--rows", str(rows), "--one", str(told)]
    subprocess.run(command, check=True, cwd=PROJECT)
    return [Stage(**one) for one in json.loads(told.read_text(encoding="utf-8"))]


def _measured(rows: int) -> list[Stage]:
    settings = load_settings()
    home, sink = settings.liftline_home / f"scale-{rows}", open_sink()
    file = _willing(customers_csv(settings.liftline_home, rows))
    shutil.rmtree(home, ignore_errors=True)
    services = open_services(settings.model_copy(update={
        "liftline_home": home, "database_url": None, "liftline_reports": home / "reports",
        "liftline_policies": _policies(home), "email_provider": "sendgrid", "sendgrid_api_key": SecretStr(KEY),
        "sendgrid_base_url": f"http://127.0.0.1:{sink}", "liftline_public_url": "https://liftline.example",
    }))  # fmt: skip
    create_tenant(services.database, TENANT)
    assert services.embedded
    try:
        return _chain(services, file, rows, sink)
    finally:
        services.embedded.stop()
        shutil.rmtree(home)


def _willing(file: Path) -> Path:
    """The same people, of whom all but one in twenty said yes this year: what is measured is sending."""
    willing = file.with_name(f"willing-{file.name}")
    number = pl.int_range(pl.len())
    pl.scan_csv(file, infer_schema=False).with_columns(
        consent=pl.when(number % 20 == 7).then(pl.lit("no")).otherwise(pl.lit("yes")), consent_date=pl.lit(CONSENTED),
    ).sink_csv(willing)  # fmt: skip
    return willing


def _policies(home: Path) -> Path:
    """The sample's own, but for the limit of messages an hour."""
    folder = home / "policies"
    shutil.copytree(PROJECT / "data" / "policies", folder)
    guardrails = folder / "guardrails.yaml"
    text = guardrails.read_text(encoding="utf-8")
    assert "messages_an_hour: 100000 " in text
    guardrails.write_text(text.replace("messages_an_hour: 100000 ", "messages_an_hour: 100000000 "), encoding="utf-8")
    return folder


def _chain(services: Services, file: Path, rows: int, sink: int) -> list[Stage]:
    assert services.embedded
    meter = Meter(int((services.embedded.data / "postmaster.pid").read_text(encoding="utf-8").split()[0]))
    began = time.perf_counter()
    raw_copy(services, file)
    bare = rows / (time.perf_counter() - began)
    index_folder(services.library, TENANT, PROJECT / "data" / "knowledge")

    with meter.stage("import", rows, (bare, "COPY of the same file, now")):
        imported = import_file(services.desk, Order(TENANT, file, "customers"))
    loaded = imported.loaded
    assert imported.rows == rows == loaded + imported.merged + imported.quarantined

    opened = open_campaign(services.studio, TENANT, Brief.model_validate(BRIEF), by=BY)
    campaign = opened.campaign_id
    with meter.stage("segment", loaded):
        taken = segment(
            services.database, tenant=TENANT, scheme=opened.scheme, clock=services.clock, campaign_id=campaign,
            policies=services.settings.liftline_policies,
        )  # fmt: skip
    assert taken.customers == loaded == sum(one.customers for one in taken.segments)

    with meter.stage("write and screen", len(taken.segments) * len(CLICKS)):
        retrieve(services.studio, TENANT, campaign, taken.snapshot_id)
        written = draft(services.studio, TENANT, campaign, by=BY)
        require_coverage(screen_campaign(services.checkpoint, TENANT, campaign))
    assert written.drafted, written

    with meter.stage("guard", loaded):
        decided = decide_audience(services.gatehouse, TENANT, campaign, by=BY)
    assert decided.audience == loaded == decided.included + decided.excluded + decided.review

    fix_design(services.laboratory, TENANT, campaign, by=BY)
    ask_for_approval(services.board, TENANT, campaign, by=BY)
    for user, role in (("rita", "reviewer"), ("quentin", "qa")):
        grant(services.database, TENANT, user, role, by=BY, at_machine=True)
        approve(services.board, TENANT, campaign, by=user, comment="measured")

    with meter.stage("assign", decided.included):
        dealt = assign(services.laboratory, TENANT, campaign, by=BY)
    assert sum(dealt["codes"].values()) == decided.included
    messages = sum(people for arm, people in dealt["arms"].items() if arm in CLICKS)

    with meter.stage("queue", messages):
        assert queue(services.post_room, TENANT, campaign, by=BY) == messages
    with meter.stage("send", messages):
        sent = send_queued(services.post_room, TENANT, campaign, by=BY)
    assert (sent.accepted, sent.rejected, sent.unknown, sent.waiting) == (messages, 0, 0, 0), sent
    came(sink, messages)

    events, clicked = _events(services, campaign, file.with_name(f"events-{rows}.jsonl"))
    with meter.stage("hear", 3 * messages):
        heard = ingest_file(services.listener, TENANT, events)
    assert (heard.stored, heard.unmatched, heard.refused) == (3 * messages, 0, 0), heard
    events.unlink()
    with meter.stage("label", 2 * messages):
        # Whether a message arrived is no question of man or robot.
        assert label(services.listener, TENANT)["changed"] == 2 * messages
    with meter.stage("pass on", 3 * messages):
        feed(services.listener, TENANT)

    with meter.stage("read out", messages):
        said = read_out(services.laboratory, TENANT, campaign, by=BY, as_of=services.clock() + LATER, foretold=True)
    told = {arm["arm"]: arm["metrics"]["clicked"]["total"] for arm in said["arms"] if arm["arm"] in CLICKS}
    assert told == clicked, (told, clicked)
    assert said["units"] == sum(dealt["arms"].values())
    with meter.stage("marts", 5 * messages):
        refresh(services.newsroom, full=True)
    with services.database.connect(DBT) as connection:
        row = connection.execute("SELECT sent, delivered, clicked FROM liftline_marts.campaign_performance").fetchone()
    assert row == {"sent": messages, "delivered": messages, "clicked": sum(clicked.values())}, (row, clicked)
    return meter.stages


def _events(services: Services, campaign: str, path: Path) -> tuple[Path, dict[str, int]]:
    """Of each message that it arrived and was opened, then a click or another look; and who clicks, by arm."""
    asked = sql.SQL(
        "COPY (SELECT s.message_id, s.arm, c.email, extract(EPOCH FROM s.claimed_at)::bigint FROM sends AS s"
        " INNER JOIN customers AS c USING (tenant_id, customer_id) ORDER BY s.message_id) TO STDOUT (FORMAT csv)"
    ).format()
    with services.database.transaction(TENANT) as connection:
        sent = copy_out(connection, asked, SENT)
    number = pl.int_range(pl.len())
    chance = pl.col("arm").replace_strict(CLICKS, return_dtype=pl.Int64)
    sent = sent.with_columns(n=number, clicks=number * 7_919 % 100 < chance)
    told = [
        sent.select(
            pl.col("email"), timestamp=pl.col("left_at") + after + pl.col("n") % 3600, event=event,
            sg_event_id=pl.format("scale-{}-{}", "n", pl.lit(place)), liftline_message="message_id",
            ip=pl.format("203.0.{}.{}", pl.col("n") // 250 % 250, pl.col("n") % 250), useragent=pl.lit(AGENT),
            url=pl.when(event == "click").then(pl.lit(BRIEF["call_to_action"]["link"])),
        )
        for place, (event, after) in enumerate((
            (pl.lit("delivered"), 5), (pl.lit("open"), 7_200),
            (pl.when("clicks").then(pl.lit("click")).otherwise(pl.lit("open")), 12_000),
        ))
    ]  # fmt: skip
    pl.concat(told).write_ndjson(path)
    return path, dict(sent.filter("clicks").group_by("arm").len().iter_rows())


def _with_sum(rows: int, stages: list[Stage]) -> list[Stage]:
    return [*stages, Stage("all of it", rows, sum(s.seconds for s in stages), max(s.megabytes for s in stages))]


def _as_markdown(costs: dict[int, list[Stage]]) -> str:
    most = max(costs)
    parts = [
        "# What each stage costs",
        f"Made by `make bench-scale ROWS={most}`: a file of customers, over HTTP to a sink on loopback, and back by "
        "three events a message to the marts. Every count was checked. Memory is of our processes and the database "
        "server's together. Limits are of the bare work without the others; that of `import` was measured in the run.",
        f"![Seconds of each stage by the number of customers]({CHART.name})",
    ]
    for rows, stages in sorted(costs.items(), reverse=True):
        lines = [f"| {' | '.join(COLUMNS)} |", f"|---|{'---:|' * (len(COLUMNS) - 2)}---|"]
        lines += [f"| {' | '.join(one.cells())} |" for one in _with_sum(rows, stages)]
        parts += [f"## {rows:,} customers", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _chart(costs: dict[int, list[Stage]]) -> alt.Chart:
    told = pl.DataFrame([
        {"customers": rows, "stage": one.name, "seconds": one.seconds}
        for rows, stages in costs.items() for one in _with_sum(rows, stages)
    ])  # fmt: skip
    return alt.Chart(told, width=560, height=360, title="Seconds by stage, both axes logarithmic").mark_line(
        point=True
    ).encode(
        x=alt.X("customers:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", values=sorted(costs))),
        y=alt.Y("seconds:Q", scale=alt.Scale(type="log")),
        color=alt.Color("stage:N", scale=alt.Scale(scheme="tableau20"), sort=None),
    )  # fmt: skip


if __name__ == "__main__":
    main()
