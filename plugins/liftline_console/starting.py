"""Who runs an import that somebody started on a page: Airflow, or this process."""

from __future__ import annotations

from typing import Protocol

from fastapi import Request

from liftline_console.callers import Caller


class Starter(Protocol):
    """Starts the import of an upload."""

    def start(self, request: Request, caller: Caller, upload_id: str) -> str:
        """Begin, and return what names the run."""
        ...
