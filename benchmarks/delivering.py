"""Sending to a sink on loopback beside the bare sink and beside what a user would write; the ledger beside COPY."""

from __future__ import annotations

import atexit
import http.client
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.harness import Comparison, Contender
from pipelines.adapters.email.sendgrid import Account, SendGrid
from pipelines.database import OWNER, Database
from pipelines.delivery.linking import Link, linked
from pipelines.delivery.mailing import Copy, Mailing, mailing
from pipelines.delivery.policy import SendTime
from pipelines.delivery.ports import Sender
from pipelines.delivery.store import Store
from pipelines.services import Services
from pipelines.tenants.run import create_tenant, list_tenants

A_REQUEST = 1000
KEY = "SG.bench"
LINK = "https://www.lindhaven.example/winter"
SENDER = Sender("Greta Lindqvist", "letters@news.lindhaven.example", "hello@lindhaven.example")
SENTENCE = "<p>A wool throw keeps two people warm on one sofa, and can be repaired for ten years.</p>"
COPY = Copy(
    "v-1", 1, "email", "{{contact.first_name|Hello}}, it gets cold",
    "Dear {{contact.name|reader}},\nsee {{campaign.link}}\n\n{{postal.address}}\nStop: {{unsubscribe.link}}",
    f'<html><body><p>Dear {{{{contact.name|reader}}}},</p>{SENTENCE * 40}'
    '<p><a href="{{campaign.link}}">See it</a></p>'
    '<p>{{postal.address}} <a href="{{unsubscribe.link}}">Unsubscribe</a></p></body></html>',
    "bench", "offers",
)  # fmt: skip
TENANT, CAMPAIGN = "bench-delivery", "bench"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def sending(services: Services, rows: int) -> Comparison:
    """The comparison of sends; the sink says how many messages really came."""
    sink = open_sink()
    people = _people(rows)
    post, links = services.post_room, linked("bench", "email", ("v-1", 1), action=LINK, html=COPY.html)
    channel = SendGrid(Account(KEY, f"http://127.0.0.1:{sink}"))
    constants = post.wording.constants("default", {})

    def made(part: pl.DataFrame) -> Mailing:
        return mailing(
            COPY, part, wording=post.wording, constants=constants, links=links, sender=SENDER,
            public_url="https://mail.lindhaven.example", tokens=part["message_id"].to_list(),
        )[0]  # fmt: skip

    body = channel.body(made(people.head(min(A_REQUEST, rows)))).encode()

    def bare(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", sink)
        for _request in range(rows // A_REQUEST):
            _posted(connection, body)
        came(sink, rows)

    def handed_over(claim: pl.DataFrame) -> None:
        whole = made(claim)
        for part in whole.people.iter_slices(A_REQUEST):
            assert channel.deliver_mailing(whole.of(part))[0].outcome == "accepted"

    def ours(_: int) -> None:
        # As many at once as a run has senders.
        with ThreadPoolExecutor(post.policy.senders_at_once) as senders:
            list(senders.map(handed_over, people.iter_slices(post.policy.claim_at_once)))
        came(sink, rows)

    def by_helpers(share: float) -> Any:
        few = int(rows * share)

        def run(_: int) -> None:
            for part in people.head(few).iter_slices(A_REQUEST):
                _by_helpers(sink, part, links)
            came(sink, few)

        return run

    def one_by_one(share: float) -> Any:
        few = people.head(int(rows * share))

        def run(_: int) -> None:
            parts = list(few.iter_slices(max(few.height // 50, 1)))
            with ThreadPoolExecutor(50) as threads:
                list(threads.map(lambda part: _one_by_one(sink, part, links), parts))
            came(sink, few.height)

        return run

    return Comparison(
        f"{rows:,} personalised messages rendered and sent to a sink on loopback",
        [
            Contender("the sink alone, one body built before, 1,000 messages a request", bare),
            Contender("Liftline: columns, 1,000 messages a request, two senders", ours),
            Contender("sendgrid's helper classes, 1,000 messages a request", by_helpers(0.02), share=0.02),
            Contender("one request a message over 50 connections", one_by_one(0.005), share=0.005),
        ],
        "at most 4x the bare sink, at least 20x faster than the helper classes and one request a message",
    )


def recording(services: Services, rows: int) -> Comparison:
    """The comparison of ledger writes; what is copied has the same columns and indexes, and no policy."""
    database = services.database
    _fill(database, rows)
    raw = _copied(database, rows)

    def copied(_: int) -> None:
        statement = "COPY bench_sends FROM STDIN (FORMAT csv)"
        with (
            database.transaction(TENANT, role=OWNER) as connection,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            while block := raw.read(1 << 20):
                copy.write(block)
        raw.seek(0)

    def queued(_: int) -> None:
        with database.transaction(TENANT) as connection:
            store = Store(connection, TENANT, CAMPAIGN)
            when = SendTime(at="once", unknown_hour=9, zone_when_unknown="UTC")
            told = {"approved_hash": "h", "run": 1, "now": NOW, "moment": 1, "secret": "s", "cohort": None}
            entered = store.queue({"channel": "email", "is_outreach": False}, when, **told)
        assert entered == rows

    def one_by_one(_: int) -> None:
        with database.session(TENANT) as session:
            for number in range(int(rows * 0.002)):
                with session.transaction() as connection:
                    connection.execute(ONE_ROW, {"tenant": TENANT, "number": number})

    def empty() -> None:
        with database.transaction(TENANT, role=OWNER) as connection:
            connection.execute("TRUNCATE bench_sends")
            connection.execute("TRUNCATE sends")

    return Comparison(
        f"{rows:,} messages entered into the ledger",
        [
            Contender("COPY of the same rows into a table with the same indexes", copied, clear=empty),
            Contender("Liftline: queued in one statement; claims and outcomes not included", queued, clear=empty),
            Contender("INSERT and COMMIT a message, as programs do", one_by_one, share=0.002, clear=empty),
        ],
        "at most 1.3x one COPY",
    )


ONE_ROW = """
    INSERT INTO sends (tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version,
        content_hash, policy_version, state, marketing, queued_at)
    VALUES (%(tenant)s, 'bench', 'c' || %(number)s, 1, 'email', 'm' || %(number)s, 'v', 1,
        'h', 'p', 'queued', true, now())
"""
FILLED = (
    "DELETE FROM sends",
    """INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at)
    VALUES (%(tenant)s, 'bench', 'b', 'b', '{}', 'email', 'b', now()) ON CONFLICT DO NOTHING""",
    """INSERT INTO policies_in_force VALUES (%(tenant)s, 'content', 'p', now()) ON CONFLICT DO NOTHING""",
    """INSERT INTO screenings (tenant_id, content_hash, policy_version, decision, undecided, severities, blocklist_hits,
        findings, reason, screen, screen_version, screened_at)
    VALUES (%(tenant)s, 'h', 'p', 'pass', false, '{}', '{}', '[]', 'r', 'offline', '1', now())
    ON CONFLICT DO NOTHING""",
    """INSERT INTO audience_units VALUES (%(tenant)s, 'bench', 'segment', 'u', 'u', '', '{}', 1, 's', '', '{}', now())
    ON CONFLICT DO NOTHING""",
    """INSERT INTO variants (tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status,
        code, reason, message, content_hash, subject, preheader, html, body, confidence, source, created_by, created_at)
    VALUES (%(tenant)s, 'v', 1, 'bench', 'segment', 'u', 'direct', 'email', 'drafted', 'c', 'r', 'm', 'h', 's', 'p',
        'h', 'b', 0.5, 'o', 'b', now()) ON CONFLICT DO NOTHING""",
    "ALTER TABLE approval_requests DISABLE TRIGGER USER",
    """INSERT INTO approval_requests (tenant_id, campaign_id, approved_hash, content, needs, policy_version, asked_by,
        asked_at, answer_within, due_at)
    VALUES (%(tenant)s, 'bench', 'h', '{}', '{marketing,quality}', 'p', 'b', now(), '1 day', now())
    ON CONFLICT DO NOTHING""",
    "ALTER TABLE approval_requests ENABLE TRIGGER USER",
    """INSERT INTO approval_variants (tenant_id, campaign_id, approved_hash, variant_id, version, content_hash,
        policy_version) VALUES (%(tenant)s, 'bench', 'h', 'v', 1, 'h', 'p') ON CONFLICT DO NOTHING""",
    """INSERT INTO experiments (tenant_id, experiment_key, campaign_id, kind, design, design_hash, created_by,
        created_at)
    VALUES (%(tenant)s, 'bench', 'bench', 'ab', '{}', 'd', 'b', now()) ON CONFLICT DO NOTHING""",
    """INSERT INTO experiment_arms VALUES (%(tenant)s, 'bench', 'a', 1, 1, false, 'direct') ON CONFLICT DO NOTHING""",
    """INSERT INTO assignments (tenant_id, experiment_key, customer_id, unit_id, arm, bucket, code, assigned_at)
    SELECT %(tenant)s, 'bench', 'c' || lpad(n::text, 8, '0'), 'u', 'a', 0.5, 'assigned', now()
    FROM generate_series(1, %(rows)s) AS n""",
    """INSERT INTO recipient_decisions
    SELECT %(tenant)s, 'bench', 1, 'c' || lpad(n::text, 8, '0'), 'u', 'included', 'included', '{}'
    FROM generate_series(1, %(rows)s) AS n""",
)


def _fill(database: Database, rows: int) -> None:
    if TENANT not in {row["tenant_id"] for row in list_tenants(database)}:
        create_tenant(database, TENANT)
    with database.transaction(TENANT, role=OWNER) as connection:
        connection.execute("DELETE FROM assignments")
        connection.execute("DELETE FROM recipient_decisions")
        for statement in FILLED:
            connection.execute(statement, {"tenant": TENANT, "rows": rows} if "%(" in statement else None)
        connection.execute("DROP TABLE IF EXISTS bench_sends")
        connection.execute("CREATE TABLE bench_sends (LIKE sends INCLUDING DEFAULTS INCLUDING INDEXES)")
    with database.transaction(TENANT, role=OWNER) as connection:
        connection.execute("ANALYZE assignments")
        connection.execute("ANALYZE recipient_decisions")


def _copied(database: Database, rows: int) -> io.BytesIO:
    """The rows as COPY takes them, made by our own statement once."""
    with database.transaction(TENANT) as connection:
        store = Store(connection, TENANT, CAMPAIGN)
        when = SendTime(at="once", unknown_hour=9, zone_when_unknown="UTC")
        told = {"approved_hash": "h", "run": 1, "now": NOW, "moment": 1, "secret": "s", "cohort": None}
        assert store.queue({"channel": "email", "is_outreach": False}, when, **told) == rows
    raw = io.BytesIO()
    statement = "COPY (SELECT * FROM sends ORDER BY customer_id) TO STDOUT (FORMAT csv)"
    with (
        database.transaction(TENANT, role=OWNER) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for block in copy:
            raw.write(block)
    raw.seek(0)
    return raw


def _people(rows: int) -> pl.DataFrame:
    number = pl.int_range(rows)
    return pl.select(
        message_id="m19e3f2a4b5c" + number.cast(pl.String).str.zfill(15),
        address="person" + number.cast(pl.String) + "@example.com",
        first_name="Ann-" + (number % 5000).cast(pl.String),
        last_name="O'Neil " + (number % 70000).cast(pl.String),
        company=pl.lit(None, pl.String), job_title=pl.lit(None, pl.String), city=pl.lit(None, pl.String),
        country=pl.lit(None, pl.String), account_name=pl.lit(None, pl.String),
    )  # fmt: skip


def _by_helpers(sink: int, part: pl.DataFrame, links: list[Link]) -> None:
    """As the package's documentation shows it."""
    from sendgrid import SendGridAPIClient
    from sendgrid.helpers.mail import CustomArg, From, Mail, Personalization, Substitution, To

    mail = Mail(From(SENDER.address, SENDER.name), subject="-first-, it gets cold", html_content=COPY.html)
    for message_id, address, first, last in part.select("message_id", "address", "first_name", "last_name").iter_rows():
        person = Personalization()
        person.add_to(To(address))
        person.add_substitution(Substitution("-first-", first))
        person.add_substitution(Substitution("-name-", f"{first} {last}"))
        person.add_substitution(Substitution("-stop-", f"https://mail.lindhaven.example/u/{message_id}"))
        person.add_custom_arg(CustomArg("liftline_message", message_id))
        mail.add_personalization(person)
    answer = SendGridAPIClient(KEY, host=f"http://127.0.0.1:{sink}").send(mail)
    assert answer.status_code == 202


def _one_by_one(sink: int, part: pl.DataFrame, links: list[Link]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sink)
    for message_id, address, first, last in part.select("message_id", "address", "first_name", "last_name").iter_rows():
        told = {
            "personalizations": [{"to": [{"email": address}], "custom_args": {"liftline_message": message_id}}],
            "from": {"email": SENDER.address}, "subject": f"{first}, it gets cold",
            "content": [{"type": "text/html", "value": COPY.html.replace("{{contact.name|reader}}", first + last)}],
        }  # fmt: skip
        _posted(connection, json.dumps(told).encode())


def _posted(connection: http.client.HTTPConnection, body: bytes) -> None:
    connection.request("POST", "/v3/mail/send", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 202


def came(sink: int, expected: int) -> None:
    """Nothing if so many messages came since the sink was last asked."""
    connection = http.client.HTTPConnection("127.0.0.1", sink)
    connection.request("GET", "/")
    counted = int(connection.getresponse().read())
    assert counted == expected, f"{counted} of {expected} messages came"


def open_sink() -> int:
    """The port of a sink that ends with us."""
    command = [sys.executable, "-m", "benchmarks.sink"]
    place = Path(__file__).parent.parent
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=place, text=True)
    atexit.register(process.terminate)
    assert process.stdout
    return int(process.stdout.readline())
