"""Arms for a million ids beside memory bandwidth, a loop of our own, and a loop over GrowthBook's Python SDK; and the
same kept in the database, beside a bare INSERT … SELECT of as many rows."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from psycopg.types.json import Jsonb

from benchmarks.harness import Comparison, Contender
from pipelines.database import OWNER, Database
from pipelines.experiments.assigning import deal
from pipelines.experiments.hashing import bucket_ranges
from pipelines.experiments.layers import cut, pieces_of
from pipelines.experiments.policy import read_experiment_policy
from pipelines.experiments.run import Laboratory, assign, fix_design
from pipelines.services import Services

# One pass is over before a clock is worth reading.
AGAIN = 20
LOOPED, BY_SDK = 50_000, 20_000
KEY, ARMS = "winter-warmth", ("control", "a", "b", "c")
SDK, PEER = "growthbook==4.0.0", "GrowthBook's Python SDK, an object a person"
TENANT, CAMPAIGN, NOW = "bench-assigning", "winter-1", datetime(2026, 11, 20, 12, tzinfo=UTC)


def assigning(services: Services, rows: int) -> Comparison:
    """The comparison over ids of ten letters, in memory."""
    ids = pa.array([f"C{number:09d}" for number in range(rows)])
    split = cut(pieces_of(dict.fromkeys(ARMS, 0.25)), ARMS, version=2)
    letters = np.frombuffer(ids.buffers()[2], np.uint8)
    ours = deal(ids, KEY, split, version=2).arms
    looped = ids[: min(LOOPED, rows)].to_pylist()
    if _loop(looped) != ours[: len(looped)].tolist():
        raise AssertionError("The loop and the columns disagree.")

    def again(work: object) -> None:
        for _ in range(AGAIN):
            work()  # type: ignore[operator]

    return Comparison(
        f"Assignment of {rows:,} ids to four arms, {AGAIN} times",
        [
            Contender(
                "memory bandwidth: the ids copied, the arms written", lambda _: again(lambda: _bare(letters, ours))
            ),
            Contender("ours, bit for bit as GrowthBook", lambda _: again(lambda: deal(ids, KEY, split, version=2))),
            Contender("a loop over the same hash in Python", lambda _: _loop(looped), share=len(looped) / rows / AGAIN),
            *_peer(services, looped[:BY_SDK], ours, rows),
        ],
        "at least 100 times as fast as the SDK",
    )


def _bare(letters: npt.NDArray[np.uint8], arms: npt.NDArray[np.int16]) -> None:
    letters.copy()
    arms.copy()


def _loop(ids: list[str]) -> list[int]:
    ranges = bucket_ranges(len(ARMS))
    chosen = []
    for one in ids:
        bucket = _fnv(str(_fnv(KEY + one))) % 10_000 / 10_000
        chosen.append(next((place for place, (start, end) in enumerate(ranges) if start <= bucket < end), -1))
    return chosen


def _fnv(text: str) -> int:
    state = 0x811C9DC5
    for letter in text:
        state = ((state ^ ord(letter)) * 0x01000193) & 0xFFFFFFFF
    return state


def _peer(services: Services, ids: list[str], ours: npt.NDArray[np.int16], rows: int) -> list[Contender]:
    """The SDK in an environment of its own; left out, and said so, where it cannot be installed."""
    folder = services.settings.liftline_home / "growthbook"
    python, uv = folder / "bin" / "python", str(Path(sys.executable).with_name("uv"))
    try:
        if not python.exists():
            subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", python, SDK], check=True)
    except subprocess.CalledProcessError:
        sys.stderr.write(f"{SDK} cannot be installed here, so it is not measured.\n")
        return []
    loop = subprocess.Popen(
        [python, Path(__file__).with_name("growthbook_loop.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    job = json.dumps({"ids": ids, "key": KEY, "arms": len(ARMS)})

    def run(_: int) -> None:
        assert loop.stdin
        assert loop.stdout
        loop.stdin.write(job + "\n")
        loop.stdin.flush()
        if json.loads(loop.stdout.readline()) != ours[: len(ids)].tolist():
            raise AssertionError("GrowthBook's SDK and ours disagree.")

    return [Contender(PEER, run, share=len(ids) / rows / AGAIN)]


def keeping_arms(services: Services, rows: int) -> Comparison:
    """The comparison over a campaign's audience in the database."""
    database = services.database
    _seed(database, rows)
    laboratory = Laboratory(database, read_experiment_policy(services.settings.liftline_policies), lambda: NOW)
    fix_design(laboratory, TENANT, CAMPAIGN, by="bench")

    def clear() -> None:
        with database.connect(OWNER) as connection:
            connection.execute("TRUNCATE assignments")
            connection.execute("SELECT set_config('liftline.tenant', %s, true)", (TENANT,))
            connection.execute("UPDATE experiments SET assigned = NULL")

    def bare(_: int) -> None:
        with database.transaction(TENANT) as connection:
            connection.execute(BARE)

    def twice(_: int) -> None:
        if assign(laboratory, TENANT, CAMPAIGN, by="bench")["changed"]:
            raise AssertionError("Somebody was assigned anew.")

    return Comparison(
        f"Arms of {rows:,} customers kept in the database",
        [
            Contender("bare INSERT … SELECT of as many rows", bare, clear=clear),
            Contender(
                "ours, with digest and ledger", lambda _: assign(laboratory, TENANT, CAMPAIGN, by="bench"), clear=clear
            ),
            Contender("ours once more, nobody anew", twice),
        ],
        "at most 3 times the bare insert",
    )


MINE = "current_setting('liftline.tenant')"
BARE = f"""
    INSERT INTO assignments (tenant_id, experiment_key, customer_id, unit_id, arm, bucket, code, cohort, assigned_at)
    SELECT {MINE}, campaign_id, customer_id, unit_id, 'a', 0.5, 'assigned', 1, now() FROM recipient_decisions
    ORDER BY customer_id
"""
SEED = (
    f"INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at) "
    f"VALUES ({MINE}, 'winter-1', 'Winter', 'b', %(brief)s, 'email', 'bench', now())",
    f"INSERT INTO policies_in_force VALUES ({MINE}, 'content', 'p1', now())",
    f"INSERT INTO audience_units VALUES ({MINE}, 'winter-1', 'segment', 'all', 'all', '', '{{}}', 1, 's', '', '{{}}', "
    "now())",
    f"""
    INSERT INTO screenings (
        tenant_id, content_hash, policy_version, decision, undecided, severities, blocklist_hits, findings, reason,
        screen, screen_version, screened_at
    )
    VALUES ({MINE}, 'h', 'p1', 'pass', false, '{{}}', '{{}}', '[]', 'r', 'offline', '1', now())
    """,
    f"""
    INSERT INTO variants (
        tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status, code, reason,
        message, content_hash, subject, preheader, html, body, confidence, source, created_by, created_at
    )
    SELECT {MINE}, s, 1, 'winter-1', 'segment', 'all', s, 'email', 'drafted', 'c', 'r', 't', 'h', 't', 't', 't', 't',
        0.5, 'offline', 'bench', now()
    FROM unnest(ARRAY['professional', 'friendly', 'direct']) AS s
    """,
    f"""
    INSERT INTO eligibility_runs (
        tenant_id, campaign_id, run, as_of, policy_version, snapshot_id, audience, included, excluded, review, reasons,
        guardrails, digest, decided_at, decided_by
    )
    VALUES ({MINE}, 'winter-1', 1, now(), 'p', 's', %(rows)s, %(rows)s, 0, 0, '{{}}', '{{}}', 'd', now(), 'bench')
    """,
    f"""
    INSERT INTO recipient_decisions (tenant_id, campaign_id, run, customer_id, unit_id, verdict, code, codes)
    SELECT {MINE}, 'winter-1', 1, 'c' || lpad(n::text, 8, '0'), 'all', 'included', 'included', '{{}}'
    FROM generate_series(1, %(rows)s::int) AS n
    """,
)


def _seed(database: Database, rows: int) -> None:
    with database.connect(OWNER) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'Benchmark') ON CONFLICT DO NOTHING", (TENANT,))
    with database.transaction(TENANT, role=OWNER) as connection:
        held = connection.execute("SELECT count(*) AS n FROM recipient_decisions").fetchone()
        if held and held["n"] == rows:
            return
        connection.execute("DELETE FROM recipient_decisions")
        connection.execute("DELETE FROM eligibility_runs")
        there = connection.execute("SELECT 1 FROM campaigns").fetchone()
        for statement in SEED[5:] if there else SEED:
            connection.execute(
                statement, {"brief": Jsonb({"strategies": ["professional", "friendly", "direct"]}), "rows": rows}
            )
    with database.connect(OWNER) as connection:
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE) recipient_decisions")
