"""Each promise is seen kept by a campaign that was really sent, and broken once somebody tampers below the code."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from pipelines.database import APP, OWNER
from pipelines.promises.run import QUERIES, examine
from tests.delivery.sending.conftest import Launch

TAMPERED = {
    "nothing_unapproved_was_sent": "UPDATE approvals SET decided_at = now() + interval '1 day' WHERE stage = 'quality'",
    "nothing_unscreened_was_sent": "DELETE FROM screenings",
    "nobody_who_said_stop_was_written_to": """
        INSERT INTO import_batches
            (tenant_id, batch_id, seq, kind, file_name, file_sha256, rows, loaded, merged, quarantined, reasons,
            imported_at)
        OVERRIDING SYSTEM VALUE
        VALUES (current_setting('liftline.tenant'), 'stop', 987654, 'suppressions', 's.csv', 'x', 1, 1, 0, 0, '{}',
            '2020-01-01');
        INSERT INTO suppressions
            (tenant_id, address_hash, channel, reason, occurred_at, source_seq, source_line)
        SELECT tenant_id, address_hash(tenant_id, email), 'email', 'unsubscribe', '2020-01-01', 987654, 1
        FROM customers WHERE customer_id = 'c000'""",
    "no_maker_is_checker": "UPDATE approvals SET decided_by = 'ADA' WHERE stage = 'quality'",
    "every_sent_sentence_rests_on_a_passage": """
        INSERT INTO variant_sentences
            (tenant_id, variant_id, version, position, place, text, verdict, passage_ids, code, reason)
        SELECT tenant_id, variant_id, version, 99, 'body', 'It costs 1 EUR.', 'unsupported', '{}', 'x', 'x'
        FROM variants""",
    "nothing_was_sent_twice": """
        INSERT INTO provider_events
            (tenant_id, provider, event_id, event, occurred_at, received_at, message_id, provider_message, channel,
            raw)
        SELECT tenant_id, 'sendgrid', 'e' || n, 'delivered', now(), now(), message_id, 'p' || n || '.x', 'email', '{}'
        FROM sends, generate_series(1, 2) AS n WHERE customer_id = 'c000'""",
    "nothing_claimed_was_forgotten": "UPDATE sends SET claimed_at = NULL WHERE customer_id = 'c000'",
    "every_line_is_accounted_for": """
        INSERT INTO import_batches
            (tenant_id, batch_id, kind, file_name, file_sha256, rows, loaded, merged, quarantined, reasons, imported_at)
        VALUES (current_setting('liftline.tenant'), 'b', 'customers', 'p.csv', 'x', 3, 1, 1, 1, '{}', now())""",
    "no_event_was_lost": """
        INSERT INTO event_labels
            (tenant_id, provider, event_id, rule_version, verdict, score, reasons, labelled_at)
        VALUES (current_setting('liftline.tenant'), 'sendgrid', 'gone', 'r', 'human', 0, '{}', now())""",
    "every_outcome_has_its_reason": "UPDATE sends SET state = 'rejected', reason = '' WHERE customer_id = 'c000'",
    "the_ledger_is_whole": "UPDATE audit_entries SET body = body || ' ' WHERE seq = 1",
    "no_model_saw_or_wrote_an_address": """
        INSERT INTO generations
            (tenant_id, generation_id, campaign_id, purpose, unit_kind, unit_id, strategy, round, attempt, inputs_hash,
             prompt, provider, model, writer_version, passage_ids, seed, temperature, reserved_usd, output, asked_at)
        SELECT tenant_id, 'g', campaign_id, 'variant', 'person', 'p', 'direct', 1, 1, 'h', 'v', 'openai', 'm', 'w',
            '{}', 1, 0, 0, 'Write to ' || (SELECT min(email) FROM customers) || '. Soon.', now()
        FROM campaigns LIMIT 1""",
    "tenants_see_only_themselves": "ALTER TABLE liftline.orders NO FORCE ROW LEVEL SECURITY",
}
STOPPED_BY_A_READER = """
    INSERT INTO suppressions (tenant_id, address_hash, channel, reason, occurred_at, source, source_seq, source_line)
    SELECT tenant_id, address_hash(tenant_id, {address}), '{channel}', 'unsubscribe', '2020-01-01', 'reader', 0, 0
    FROM customers WHERE customer_id = 'c000';
    UPDATE sends SET channel = '{sent_by}' WHERE customer_id = 'c000'"""
LIFTED = """
    INSERT INTO lifts_asked
        (tenant_id, lift_id, customer_id, channel, purpose, address_hashes, said_at, evidence, reason, asked_by,
        asked_at)
    SELECT
        tenant_id, 'l', customer_id, 'email', 'marketing', ARRAY[address_hash(tenant_id, email)], '2020-01-02', 'x',
        'x', 'cora', now()
    FROM customers WHERE customer_id = 'c000';
    INSERT INTO lifts_answered
        (tenant_id, lift_id, decision, answered_by, answered_at)
    SELECT tenant_id, 'l', 'approve', 'mona', claimed_at + interval '{after}'
    FROM sends WHERE customer_id = 'c000'"""
STOPPED_AGAIN = """;
    INSERT INTO suppressions_again
    SELECT tenant_id, address_hash, channel, reason, '2020-01-03', source, source_seq, source_line
    FROM suppressions WHERE occurred_at = '2020-01-01'"""
STOPPED = STOPPED_BY_A_READER.format(address="email", channel="email", sent_by="email") + ";"
KEPT = STOPPED + LIFTED.format(after="-1 minute")
MORE = [
    ("nobody_who_said_stop_was_written_to", STOPPED + LIFTED.format(after="1 minute")),
    ("nobody_who_said_stop_was_written_to", KEPT + STOPPED_AGAIN),
] + [
    ("nobody_who_said_stop_was_written_to", STOPPED_BY_A_READER.format(address=address, channel=stop, sent_by=way))
    for address, stop, way in (("email", "email", "email"), ("email", "all", "email"), ("phone", "sms", "sms"))
]
ADDRESS = "'Ask ' || (SELECT min(upper(email)) FROM customers) || '.'"
MORE += [
    ("no_model_saw_or_wrote_an_address", change)
    for change in (
        f"UPDATE audience_units SET traits = jsonb_build_object('note', {ADDRESS})",
        f"UPDATE audience_units SET unit_kind = 'segment', description = {ADDRESS}",
        f"""
        INSERT INTO passages
            (tenant_id, passage_id, number, locale, audience, embedding, embedding_model, embedded_hash, document_id,
             version, title, heading, text, kind, source, indexed_at)
        SELECT current_setting('liftline.tenant'), 'p', 1, 'en', '{{}}', '[1]', 'm', 'h', 'd', 1, 't', 'h', {ADDRESS},
            'prose', 's', now();
        UPDATE audience_units SET passage_ids = '{{p}}'""",
    )
]

# Without the foreign keys, triggers and rights that would refuse it.
UNGUARDED = """
DO $$
DECLARE
    guarded regclass;
BEGIN
    FOR guarded IN SELECT oid FROM pg_class WHERE relnamespace = 'liftline'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', guarded);
    END LOOP;
END $$;
GRANT ALL ON ALL TABLES IN SCHEMA liftline TO liftline_app"""


def test_a_sent_campaign_keeps_every_promise_and_whoever_tampers_is_named(database, tenant):
    sent = Launch(database, tenant)
    sent.launch()
    # The database says when somebody approved: sending comes after it.
    sent.at(datetime.now(UTC))
    sent.go()
    assert sent.channel.deliveries
    kept = examine(database, [tenant], now=sent.now)
    assert {one.promise: one.examples for one in kept if one.broken} == {}
    assert [one.promise for one in kept] == [name.replace("_", " ") for name in TAMPERED]
    server = psycopg.conninfo.conninfo_to_dict(database.login)["dbname"]
    told = ((name, change, True) for name, change in (*TAMPERED.items(), *MORE))
    for name, change, broken in (*told, ("nobody_who_said_stop_was_written_to", KEPT, False)):
        with database.administer(dbname=server) as connection:
            connection.autocommit = False
            connection.execute(UNGUARDED)
            connection.execute("SET search_path = liftline")
            connection.execute("SELECT set_config('liftline.tenant', %s, true)", (tenant,))
            # A superuser would tamper with every tenant's rows, and judge them all.
            connection.execute(f"SET LOCAL ROLE {OWNER if change.startswith('ALTER') else APP}")
            connection.execute(change)
            assert bool(connection.execute(QUERIES[name], {"now": sent.now}).fetchall()) is broken, change
            connection.rollback()
