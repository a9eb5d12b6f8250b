"""The roles that the schema is granted to; they are the server's, and no dump of a database holds them."""

from __future__ import annotations

from pipelines.database import APP, DBT, OWNER, READER

# Owns the audit ledger and cannot sign in; nobody acts as it but the function that appends.
LEDGER = "liftline_ledger"
EVERY_ROLE = [OWNER, APP, DBT, READER, LEDGER]

MAKE_ROLES = "\n".join(
    f"""
    DO $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} LOGIN; END IF;
        EXECUTE format('GRANT {role} TO %I', session_user);
    END $$;"""
    for role in (OWNER, APP, DBT, READER)
)
MAKE_LEDGER_ROLE = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{LEDGER}') THEN CREATE ROLE {LEDGER} NOLOGIN; END IF;
END $$;
"""
