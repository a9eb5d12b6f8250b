"""A logged decision as other systems read it: one entry of the audit ledger, with what came of it."""

from __future__ import annotations

import json
import re
from typing import Any

from pipelines.contracts import Json
from pipelines.outreach.ports import Outreach, Row
from pipelines.outreach.store import QUERIES, Missing

DECISION_ID = re.compile(r"dec_([1-9][0-9]{0,17})")
WORDS = {"block": "fail", "excluded": "fail", "included": "pass"}


def decision(outreach: Outreach, tenant: str, decision_id: str) -> Json:
    """The decision of that id."""
    named = DECISION_ID.fullmatch(decision_id)
    with outreach.database.transaction(tenant) as connection:
        row = connection.execute(QUERIES["decision"], {"seq": int(named[1])}).fetchone() if named else None
        if row is None:
            raise Missing(f"There is no decision {decision_id} here; check the id.")
        results = None
        if row["subject_id"] and row["campaign_id"]:
            about = {"customer_id": row["subject_id"], "campaign_id": row["campaign_id"]}
            results = connection.execute(QUERIES["results"], about).fetchone()
    return as_told(row, results)


def as_told(row: Row, results: Row | None) -> Json:
    """An entry of the ledger in the shape that decisions have."""
    parameters = {"object": row["object"], "decision": row["decision"], "reason": row["reason"]}
    more = ("campaign_id", "content_hash", "model", "policy_version")
    happened = results or {}
    return {
        "timestamp": row["occurred_at"],
        "decision_id": f"dec_{row['seq']}",
        "customer_id": row["subject_id"],
        "agent": row["actor"],
        "action": row["action"],
        "parameters": {**parameters, **{name: row[name] for name in more if row[name]}},
        "guardrail_checks": checks_of(row["guardrails"]),
        "confidence_score": row["confidence"],
        "human_override": bool(row["overrides"]),
        "override_reason": row["override_reason"] or None,
        "execution_status": row["execution_status"] or row["decision"],
        "result_metrics": {name: happened.get(name) or 0 for name in ("opens", "clicks", "conversions")},
    }


def checks_of(guardrails: str | None) -> dict[str, str]:
    """Each guardrail that the entry holds, with pass, review or fail."""
    try:
        told: Any = json.loads(guardrails) if guardrails else {}
    except ValueError:
        told = {}
    checks = {}
    for name, said in told.items() if isinstance(told, dict) else ():
        word = said.get("decision") if isinstance(said, dict) else str(said).partition(":")[0]
        if word in ("pass", "review", "block", "included", "excluded"):
            checks[name] = WORDS.get(word, word)
    return checks
