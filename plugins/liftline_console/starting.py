"""Who runs what somebody started on a page: Airflow, or this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fastapi import Request

from liftline_console.callers import Caller
from pipelines.contracts import Json
from pipelines.generation.kept_briefs import KeptBrief
from pipelines.generation.run import Opened


@dataclass(frozen=True, slots=True)
class Begun:
    """What names the run, and whether it began now or was there already."""

    run: str
    now: bool


class Starter(Protocol):
    """Starts long work."""

    def start(self, request: Request, caller: Caller, upload_id: str) -> str:
        """Begin an import, and return what names the run."""
        ...

    def index(self, request: Request, caller: Caller) -> str:
        """Begin to make the tenant's knowledge what was approved, and return what names the run."""
        ...

    def launch(self, request: Request, caller: Caller, kept: KeptBrief, opened: Opened, launch: str) -> Begun:
        """Begin to prepare a campaign that is entered already; the same launch twice is one run."""
        ...

    def again(self, request: Request, caller: Caller, opened: Opened, attempt: int) -> Begun:
        """Begin this attempt at a campaign whose earlier one ended; the same attempt twice is one run."""
        ...

    def preparing(self, request: Request, caller: Caller, campaign_id: str) -> Json | None:
        """How the newest work on a campaign that was launched here fares: its state, its run, and what went wrong."""
        ...
