"""Files of people are deleted after their days, and no sooner."""

import os
from datetime import timedelta

from pipelines.customers.forgetting import Files, forget_files
from tests.conftest import NOW


def test_what_was_kept_long_enough_is_deleted_and_nothing_else(tmp_path):
    uploads, outbox, reports = tmp_path / "uploads", tmp_path / "outbox", tmp_path / "reports"
    made = [
        folder / name
        for name in ("old", "new")
        for folder in (
            uploads,
            reports / "quality" / "acme",
            reports / "quarantine" / "acme",
            reports / "audit" / "acme",
            outbox / "acme" / "email" / "new",
        )
    ]
    alone = {"quarantine": ".csv", "email": ".eml"}
    for path in made:
        suffix = alone.get(path.parent.parent.name)
        kept = path.with_suffix(suffix) if suffix else path / "content"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text("1,ann@example.com")
        then = (NOW - timedelta(days=30 if path.name == "new" else 31)).timestamp()
        for touched in {kept, kept if kept.suffix else path}:
            os.utime(touched, (then, then))
    files = Files(uploads, outbox, reports, 30, lambda: NOW)
    kinds = ("uploads", "quarantine", "quality", "messages", "outbox", "lineage")
    assert forget_files(files) == {**dict.fromkeys(kinds[:4], 1), "outbox": 0, "lineage": 0}
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {
        "uploads/new/content", "reports/quality/acme/new/content", "reports/quarantine/acme/new.csv",
        "reports/audit/acme/old/content", "reports/audit/acme/new/content", "outbox/acme/email/new/new.eml",
    }  # fmt: skip
    assert forget_files(files) == dict.fromkeys(kinds, 0)
