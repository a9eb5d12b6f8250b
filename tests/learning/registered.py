"""Versions and decisions as a night leaves them, for tests of what stands on them."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 1, tzinfo=UTC)
METRICS = {
    "auc": 0.71, "pr_auc": 0.2, "brier": 0.05, "calibration_error": 0.01, "top_decile_lift": 2.9, "rows": 400,
    "positives": 40,
}  # fmt: skip
VERSION = """
    INSERT INTO model_versions VALUES (
        current_setting('liftline.tenant'), 'churn', %s, %s, 'a', 'b', %s, 'c', %s, %s, 4000, %s, %s, '# churn',
        'airflow', %s)
"""
DECISION = """
    INSERT INTO model_decisions (
        tenant_id, model, version, champion_before, champion_after, decision, code, reason, evidence, decided_by,
        decided_at)
    VALUES (current_setting('liftline.tenant'), 'churn', %s, %s, %s, %s, %s, %s, '{}', 'airflow', %s)
"""
