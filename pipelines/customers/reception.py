"""Uploads as the database knows them: received, looked at, imported, and how each ended."""

from __future__ import annotations

from pathlib import Path

from pipelines.customers.run import Desk, ImportSummary, import_file
from pipelines.customers.uploads import find_upload


def import_upload(desk: Desk, uploads: Path, tenant: str, upload_id: str) -> ImportSummary:
    """Import what was uploaded."""
    return import_file(desk, find_upload(uploads, upload_id))
