"""The REST API over real HTTP on loopback, beside a route that does nothing: what each answer costs above that."""

from __future__ import annotations

import atexit
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.harness import Comparison, Contender
from pipelines.contracts import Refusal
from pipelines.services import Services
from pipelines.tenants.run import create_tenant

if TYPE_CHECKING:
    from fastapi import FastAPI

TENANT = "bench_api"
REQUESTS, WARM, INSERTED = 200, 20, 1_000
PROJECT = Path(__file__).parent.parent
SMALL, LARGE = "bench-small", "bench-large"
CAMPAIGN = {
    "name": "Benchmark", "channel": "email", "description": "Desk lamps for teams",
    "target_audience": {"country": "FR"}, "min_qualification_score": 70.0,
}  # fmt: skip


@dataclass(slots=True)
class Answers(Comparison):
    """The 95th percentile of each round, above the first contender; each has a number of milliseconds allowed."""

    allowed: Sequence[float] = ()
    measured: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, rounds: int, say: Callable[[str], None]) -> None:
        """Ask all of them in turn, `rounds` times."""
        for turn in range(rounds):
            for contender in self.contenders:
                taken = sorted(_times(contender.run(turn)))
                p95 = taken[int(len(taken) * 0.95)]
                self.measured.setdefault(contender.name, []).append(p95 * 1000)
                say(f"{self.title}, round {turn + 1}: {contender.name} {p95 * 1000:.2f} ms")

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Name, median of the percentiles, spread, ratio to the bare route, milliseconds above it."""
        medians = {name: statistics.median(taken) for name, taken in self.measured.items()}
        bare = medians[self.contenders[0].name]
        return [
            (
                one.name,
                f"{medians[one.name]:.2f} ms",
                f"{min(self.measured[one.name]):.2f}-{max(self.measured[one.name]):.2f}",
                f"{medians[one.name] / bare:.2f}",
                f"{medians[one.name] - bare:+.2f} ms of {allowed:g}" if allowed else "",
            )
            for one, allowed in zip(self.contenders, self.allowed, strict=True)
        ]


def answering(services: Services, rows: int) -> Comparison:
    """The comparison, with the API in a process of its own; sizes do not depend on the rows."""
    _prepare(services)
    url, key = _server(services), _key(services)
    client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
    numbers = count(time.time_ns())

    def get(path: str) -> Callable[[], httpx.Response]:
        return lambda: client.get(path)

    def create() -> httpx.Response:
        return client.post("/api/v1/campaigns/create", json={**CAMPAIGN, "name": f"Benchmark {next(numbers)}"})

    def report() -> httpx.Response:
        return client.put(f"/api/v1/messages/{LARGE}-{next(numbers) % 100_000}/status", json={"status": "delivered"})

    asks: list[tuple[str, Callable[[], httpx.Response], float]] = [
        ("a bare route", get("/bare"), 0),
        ("a campaign created", create, 10),
        ("a status of a message reported", report, 5),
        ("analytics over 1,000 messages", get(f"/api/v1/campaigns/{SMALL}/analytics"), 50),
        ("analytics over 100,000 messages", get(f"/api/v1/campaigns/{LARGE}/analytics"), 50),
        ("variants compared", get(f"/api/v1/messages/{SMALL}-1/variants"), 20),
        ("a profile looked up", get("/api/v1/customers/b0000001"), 5),
    ]
    contenders = [Contender(name, lambda _, ask=ask: _asked(ask)) for name, ask, _ in asks]
    contenders.append(
        Contender(f"a message kept, of {INSERTED:,} at once (no HTTP)", lambda turn: _kept(services, turn))
    )
    return Answers(
        f"The REST API, 95th percentile of {REQUESTS} requests one after the other",
        contenders,
        "10, 5, 50, 50, 20, 5 and, for a message kept, 5 ms above the bare route",
        allowed=[*(allowed for *_, allowed in asks), 5],
    )


def served() -> FastAPI:
    """The application with its own sign-in, and a bare route beside it."""
    sys.path.insert(0, str(PROJECT / "plugins"))
    from liftline_console.alone import build
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def bare(_: Any) -> JSONResponse:
        return JSONResponse({})

    app = build()
    app.router.routes.insert(0, Route("/bare", bare))
    return app


def _asked(ask: Callable[[], httpx.Response]) -> Iterator[float]:
    for number in range(WARM + REQUESTS):
        began = time.perf_counter()
        answer = ask()
        if number >= WARM:
            yield time.perf_counter() - began
        assert answer.status_code < 300, answer.text


def _times(run: object) -> list[float]:
    assert isinstance(run, Iterator)
    return list(run)


def _kept(services: Services, turn: int) -> Iterator[float]:
    """Leads that were drafted for get their messages in one statement; the time of each is a share of it."""
    from pipelines.outreach.messages import keep

    leads = [f"b{number:07d}" for number in range(2, INSERTED + 2)]
    campaign = f"bench-kept-{turn}-{time.time_ns()}"
    with services.database.transaction(TENANT) as connection:
        connection.execute(CAMPAIGN_ROW, {"campaign": campaign})
        connection.execute(UNITS, {"campaign": campaign, "leads": leads})
        connection.execute(VARIANTS, {"campaign": campaign, "leads": leads})
    began = time.perf_counter()
    assert keep(services.outreach, TENANT, campaign, leads, {}) == INSERTED
    yield (time.perf_counter() - began) / INSERTED


def _server(services: Services) -> str:
    port = 18_473
    home = str(services.settings.liftline_home)
    environment = {**os.environ, "LIFTLINE_HOME": home, "LIFTLINE_REQUESTS_A_MINUTE": "100000000"}
    command = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.api:served", "--port", str(port)]
    server = subprocess.Popen([*command, "--log-level", "warning", "--no-access-log"], cwd=PROJECT, env=environment)
    atexit.register(server.kill)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            httpx.get(f"{url}/bare")
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return url
    raise Refusal("The server of the benchmark did not start.")


def _key(services: Services) -> str:
    from pipelines.console.people import People

    people = People(services.database, services.clock)
    return str(people.make_key(TENANT, name="benchmark", roles=["admin"], days=1, by="benchmark")["key"])


def _prepare(services: Services) -> None:
    database = services.database
    with database.transaction(TENANT) as connection:
        there = connection.execute(
            "SELECT count(*) AS n FROM outreach_messages WHERE campaign_id = %s", (LARGE,)
        ).fetchone()
    if there and there["n"]:
        return
    create_tenant(database, TENANT)
    leads = [f"b{number:07d}" for number in range(1, INSERTED + 2)]
    with database.transaction(TENANT) as connection:
        connection.execute(PEOPLE)
        for campaign, messages in ((SMALL, 1_000), (LARGE, 100_000)):
            connection.execute(CAMPAIGN_ROW, {"campaign": campaign})
            connection.execute(MESSAGES, {"campaign": campaign, "messages": messages})
        connection.execute(UNITS, {"campaign": SMALL, "leads": leads[:1]})
        connection.execute(VARIANTS, {"campaign": SMALL, "leads": leads[:1]})
    with database.administer() as connection:
        connection.execute("VACUUM ANALYZE liftline.outreach_messages")


PEOPLE = """
INSERT INTO customers (tenant_id, customer_id, email, first_name, country, source_seq, source_line, changed_seq)
SELECT current_setting('liftline.tenant'), 'b' || lpad(n::text, 7, '0'), 'b' || n || '@example.com', 'Ana', 'FR', 1,
    n, 1
FROM generate_series(1, 100000) AS n
"""
CAMPAIGN_ROW = """
WITH made AS (
    INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at)
    VALUES (current_setting('liftline.tenant'), %(campaign)s, 'Benchmark', 'b', '{"name": "Benchmark", "goal": "Sell",
        "value_proposition": "Light", "audience": {"unit": "person"},
        "call_to_action": {"text": "See", "link": "https://www.lindhaven.example/"}}', 'email', 'mark', now())
    RETURNING tenant_id, campaign_id
)
INSERT INTO outreach_campaigns (tenant_id, campaign_id, description, target_audience, min_qualification_score)
SELECT tenant_id, campaign_id, '', '{}', 0 FROM made
"""
MESSAGES = """
INSERT INTO outreach_messages (tenant_id, message_id, campaign_id, lead_id, tones, selected_variant, status, reason,
    happened, generation_latency_ms, generation_cost_usd, created_at)
SELECT current_setting('liftline.tenant'), %(campaign)s || '-' || n, %(campaign)s, 'b' || lpad(n::text, 7, '0'),
    ARRAY['professional', 'friendly', 'direct'], mod(n, 3), 'sent', '', 1 + 2 * mod(n, 2), 600, 0.000016, now()
FROM generate_series(1, %(messages)s) AS n
"""
UNITS = """
INSERT INTO audience_units (tenant_id, campaign_id, unit_kind, unit_id, label, description, traits, size, snapshot_id,
    query, passage_ids, retrieved_at)
SELECT current_setting('liftline.tenant'), %(campaign)s, 'person', w.lead, w.lead, '', '{}', 1, 's', '', '{}', now()
FROM unnest(%(leads)s::text[]) AS w (lead)
"""
VARIANTS = """
INSERT INTO variants (tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status, code,
    reason, message, content_hash, subject, preheader, html, body, confidence, source, created_by, created_at)
SELECT current_setting('liftline.tenant'), %(campaign)s || w.lead || t.tone, 1, %(campaign)s, 'person', w.lead, t.tone,
    'email', 'drafted', 'verified', 'r', '{}', w.lead || t.tone, 'Light for {{contact.first_name|you}}', 'p',
    repeat('h', 20000), repeat('A sentence for {{contact.first_name|you}}. ', 20), 0.5, 'offline/1', 'mark', now()
FROM unnest(%(leads)s::text[]) AS w (lead)
CROSS JOIN unnest(ARRAY['professional', 'friendly', 'direct']) AS t (tone)
"""
