"""Files of people are deleted after their days, and no sooner."""

import os
from datetime import timedelta

from pipelines.customers.forgetting import Files, forget_files
from tests.conftest import NOW

FORGOTTEN = {
    "uploads": ["uploads/{}/content"],
    "imports": ["imports/import-run-{}/rows-000000.arrow", "imports/posted-{}/customers.csv"],
    "quarantine": ["reports/quarantine/acme/{}.csv"],
    "quality": ["reports/quality/acme/{}/content"],
    "messages": [
        "outbox/acme/email/new/{}.eml", "outbox/acme/email/tmp/{}.eml.7", "outbox/acme/sms/{}.json",
        "outbox/confirmations/whatsapp/{}.json",
    ],
    "feeds": ["feeds/acme/0f/{}.json"],
    "tasks": ["reports/linkedin/acme/tasks-{}.csv"],
    "outbox": ["reports/outbox/{}.eml"],
    "previews": ["reports/previews/acme/{}.html"],
    "taken": ["inbox/acme/taken/{}.jsonl"],
    "events": ["reports/quarantine/events/{}.jsonl"],
    "lineage": ["reports/lineage/{}.jsonl"],
}  # fmt: skip
KEPT = ["inbox/acme/{}.jsonl", "reports/audit/acme/{}/content", "reports/anchors/{}.jsonl"]


def test_what_was_kept_long_enough_is_deleted_and_nothing_else(tmp_path):
    for place in (*KEPT, *(place for places in FORGOTTEN.values() for place in places)):
        for age in ("old", "new"):
            path = tmp_path / place.format(age)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("1,ann@example.com")
            then = (NOW - timedelta(days=31 if age == "old" else 30)).timestamp()
            os.utime(path, (then, then))
            if age in path.parent.name:
                os.utime(path.parent, (then, then))
    folders = (tmp_path / name for name in ("uploads", "imports", "outbox", "feeds", "inbox", "reports"))
    files = Files(*folders, 30, lambda: NOW)
    assert forget_files(files) == {kind: len(places) for kind, places in FORGOTTEN.items()}
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    new = {place.format("new") for places in FORGOTTEN.values() for place in places}
    assert left == new | {place.format(age) for place in KEPT for age in ("old", "new")}
    assert forget_files(files) == dict.fromkeys(FORGOTTEN, 0)
