"""A campaign sent whole, with ledger and guardrails, beside the least that such a ledger and such requests can cost."""

from __future__ import annotations

import http.client
import io
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import ClientCursor, sql

from benchmarks.delivering import COPY, KEY, LINK, _posted, came, open_sink
from benchmarks.harness import Comparison, Contender
from pipelines.adapters.email.sendgrid import MOST, Account, SendGrid
from pipelines.database import OWNER, Connection, Database
from pipelines.delivery.mailing import Mailing
from pipelines.delivery.ports import Receipt
from pipelines.delivery.post import PostRoom
from pipelines.delivery.run import send_campaign
from pipelines.posting import GuardedGate
from pipelines.review.run import approve, ask_for_approval, grant
from pipelines.safety.guardrails.policy import GuardrailPolicies
from pipelines.safety.guardrails.run import Gatehouse, decide_audience
from pipelines.services import Services

CAMPAIGN = "bench"
NOW, BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC), time.monotonic()
BRIEF = f'{{"call_to_action": {{"text": "Look", "link": "{LINK}"}}}}'
SEEDED = (
    "INSERT INTO campaigns VALUES (%(t)s, 'bench', 'Bench', 'b', %(brief)s, 'email', 'draft', 'bench', %(now)s)",
    "INSERT INTO policies_in_force VALUES (%(t)s, 'content', 'p', %(now)s)",
    "INSERT INTO audience_units "
    "VALUES (%(t)s, 'bench', 'segment', 'all', 'all', '', '{}', %(n)s, 's1', '', '{}', %(now)s)",
    "INSERT INTO segment_snapshots SELECT %(t)s, 's1', 'rfm', %(now)s, NULL, '{}', %(n)s, %(now)s",
    """INSERT INTO screenings (tenant_id, content_hash, policy_version, decision, undecided, severities, blocklist_hits,
        findings, reason, screen, screen_version, screened_at)
    VALUES (%(t)s, %(hash)s, 'p', 'pass', false, '{}', '{}', '[]', 'r', 'offline', '1', %(now)s)""",
    """INSERT INTO variants (tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status,
        code, reason, message, content_hash, subject, preheader, html, body, confidence, source, created_by, created_at)
    VALUES (%(t)s, 'v', 1, 'bench', 'segment', 'all', 'direct', 'email', 'drafted', 'verified', '', '{}', %(hash)s,
        %(subject)s, '', %(html)s, %(body)s, 0.9, 'offline', 'bench', %(now)s)""",
    """INSERT INTO customers (tenant_id, customer_id, email, first_name, last_name, country, time_zone, source_seq,
        changed_seq, source_line)
    SELECT %(t)s, 'c' || lpad(n::text, 8, '0'), 'person' || n || '@example.com', 'Ann-' || mod(n, 5000),
        'O''Neil ' || mod(n, 70000), 'DE', 'Europe/Berlin', 1, 1, n
    FROM generate_series(1, %(n)s::bigint) AS n""",
    """INSERT INTO segment_members
    SELECT %(t)s, 's1', 'c' || lpad(n::text, 8, '0'), 'all', 'everybody' FROM generate_series(1, %(n)s::bigint) AS n""",
    """INSERT INTO profiles (tenant_id, customer_id, as_of, recency_days, frequency, monetary, r, f, m,
        engagement_score, lifecycle_stage, churn_risk)
    SELECT %(t)s, 'c' || lpad(n::text, 8, '0'), %(now)s, 10, 3, 50, 3, 3, 3, 0.9, 'active', 0.2
    FROM generate_series(1, %(n)s::bigint) AS n""",
    """INSERT INTO consents (tenant_id, customer_id, channel, purpose, occurred_at, status, source_seq, source_line)
    SELECT %(t)s, 'c' || lpad(n::text, 8, '0'), 'email', 'marketing', %(now)s - interval '30 days', 'granted', 1, n
    FROM generate_series(1, %(n)s::bigint) AS n""",
    """INSERT INTO experiments (tenant_id, experiment_key, campaign_id, kind, design, design_hash, created_by,
        created_at) VALUES (%(t)s, 'bench', 'bench', 'ab', '{}', 'd', 'bench', %(now)s)""",
    "INSERT INTO experiment_arms VALUES (%(t)s, 'bench', 'a', 1, 1, false, 'direct')",
    """INSERT INTO assignments (tenant_id, experiment_key, customer_id, unit_id, arm, bucket, code, assigned_at)
    SELECT %(t)s, 'bench', 'c' || lpad(n::text, 8, '0'), 'all', 'a', 0.5, 'assigned', %(now)s
    FROM generate_series(1, %(n)s::bigint) AS n""",
)
FILLED = ("customers", "segment_members", "profiles", "consents", "assignments", "recipient_decisions", "sends")


class _NoPost:
    """A `Channel` that takes everything at once: what is left is the ledger."""

    name, most_per_request = "sendgrid", MOST

    def deliver_mailing(self, made: Mailing) -> list[Receipt]:
        return [Receipt(one, "accepted", "p", "accepted", "SendGrid took it.") for one in made.people["message_id"]]

    def deliver(self, batch: Any) -> list[Receipt]:
        return [Receipt(one.message_id, "accepted", "p", "accepted", "SendGrid took it.") for one in batch]


def sending_campaign(services: Services, rows: int) -> Comparison:
    """The comparison of a whole `liftline campaign send`, which the sink counts."""
    database, sink, tenant = services.database, open_sink(), f"bench-sending-{rows}"
    post = _post(services, SendGrid(Account(KEY, f"http://127.0.0.1:{sink}")))
    _seed(services, post, tenant, rows)
    raw = _ledger_of(database, _post(services, _NoPost()), tenant, rows)
    body = b'{"personalizations":[' + b",".join([b'{"custom_args":{"liftline_message":"' + b"x" * 300 + b'"}}'] * MOST)

    def least(_: int) -> None:
        with database.transaction(tenant, role=OWNER) as connection:
            _copied(connection, raw)
        connection = http.client.HTTPConnection("127.0.0.1", sink)
        for _request in range(rows // MOST):
            _posted(connection, body)
        came(sink, rows)

    def whole(_: int) -> None:
        told = send_campaign(post, tenant, CAMPAIGN, by="bench")
        assert told.accepted == rows, told
        came(sink, rows)

    def ledger(_: int) -> None:
        assert send_campaign(_post(services, _NoPost()), tenant, CAMPAIGN, by="bench").accepted == rows

    def one_by_one(_: int) -> None:
        _one_by_one(database, sink, tenant, max(rows // 200, 1))

    def empty() -> None:
        _empty(database, tenant)

    return Comparison(
        f"A campaign of {rows:,} messages sent: guardrails asked at each claim, every outcome in the ledger",
        [
            Contender("one COPY of the finished ledger, then bodies built before into the sink", least, clear=empty),
            Contender("liftline campaign send", whole, clear=empty),
            Contender("of which: all but the requests", ledger, clear=empty),
            Contender(
                "INSERT, COMMIT, one request, UPDATE, COMMIT a message; no guardrail", one_by_one, share=0.005,
                clear=empty,
            ),
        ],
        "at least 20x faster than a row and a request a message",
    )  # fmt: skip


def _post(services: Services, channel: Any) -> PostRoom:
    """The sample's own, without the limit of messages an hour and with budgets that this many do not spend."""
    general = services.gatehouse.policies.general
    money = general.money.budgets
    wide = general.model_copy(update={
        "rates": general.rates.model_copy(update={"messages_an_hour": 10**9}),
        "money": general.money.model_copy(update={
            "budgets": money.model_copy(update={"campaign": 1e9, "channels": dict.fromkeys(money.channels, 1e9)}),
        }),
    })  # fmt: skip

    def clock() -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - BEGAN)

    gatehouse = Gatehouse(services.database, GuardrailPolicies(wide, {}), services.gatehouse.personas, clock)
    return replace(
        services.post_room, gate=GuardedGate(lambda: gatehouse), channels=lambda name, tenant: channel,
        clock=clock,
    )  # fmt: skip


def _seed(services: Services, post: PostRoom, tenant: str, rows: int) -> None:
    database = services.database
    with database.connect(OWNER) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'Benchmark') ON CONFLICT DO NOTHING", (tenant,))
    parts = {"subject": COPY.subject, "preheader": "", "html": COPY.html, "body": COPY.text}
    told = {
        "t": tenant, "n": rows, "now": NOW, "brief": BRIEF,
        "hash": post.wording.content_hash({**parts, "channel": "email", "link": LINK}), **parts,
    }  # fmt: skip
    with database.transaction(tenant) as connection:
        held = connection.execute("SELECT approved_for_sending(%s) AS yes", (CAMPAIGN,)).fetchone()
        if held and held["yes"]:
            return
        for statement in SEEDED:
            ClientCursor(connection).execute(statement.encode(), told)
    decide_audience(post.gate.gatehouse(), tenant, CAMPAIGN, by="bench")  # type: ignore[attr-defined]
    for user, role in (("rita", "reviewer"), ("quentin", "qa")):
        grant(database, tenant, user, role, by="root", at_machine=True)
    ask_for_approval(services.board, tenant, CAMPAIGN, by="bench")
    for user in ("rita", "quentin"):
        approve(services.board, tenant, CAMPAIGN, by=user, comment="measured")
    _vacuum(database)


def _ledger_of(database: Database, post: PostRoom, tenant: str, rows: int) -> io.BytesIO:
    _empty(database, tenant)
    assert send_campaign(post, tenant, CAMPAIGN, by="bench").accepted == rows
    raw = io.BytesIO()
    with (
        database.transaction(tenant, role=OWNER) as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY (SELECT * FROM sends ORDER BY customer_id) TO STDOUT (FORMAT csv)") as copy,
    ):
        for block in copy:
            raw.write(block)
    return raw


def _copied(connection: Connection, raw: io.BytesIO) -> None:
    raw.seek(0)
    with connection.cursor() as cursor, cursor.copy("COPY bench_ledger FROM STDIN (FORMAT csv)") as copy:
        while block := raw.read(1 << 20):
            copy.write(block)


def _one_by_one(database: Database, sink: int, tenant: str, messages: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sink)
    body = b'{"personalizations":[{"custom_args":{"liftline_message":"m"}}],"content":"' + COPY.html.encode() + b'"}'
    with database.session(tenant) as session:
        for number in range(messages):
            key = {"t": tenant, "m": f"one{number}"}
            with session.transaction() as open_one:
                open_one.execute(ONE_ROW, key)
            _posted(connection, body)
            with session.transaction() as open_one:
                open_one.execute(ONE_DONE, key)
    came(sink, messages)


ONE_ROW = """
    INSERT INTO sends (tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version,
        content_hash, policy_version, state, marketing, queued_at, claimed_at)
    SELECT %(t)s, 'other', %(m)s, 1, 'email', %(m)s, 'v', 1, content_hash, 'p', 'claimed', true, now(), now()
    FROM variants WHERE tenant_id = %(t)s
"""
ONE_DONE = "UPDATE sends SET state = 'accepted', settled_at = now() WHERE tenant_id = %(t)s AND message_id = %(m)s"


def _empty(database: Database, tenant: str) -> None:
    with database.transaction(tenant, role=OWNER) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_ledger (LIKE sends, PRIMARY KEY (tenant_id, message_id))")
        connection.execute("TRUNCATE bench_ledger")
        connection.execute("TRUNCATE sends")


def _vacuum(database: Database) -> None:
    with database.connect(OWNER) as connection:
        connection.autocommit = True
        connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.SQL(", ").join(map(sql.Identifier, FILLED))))
