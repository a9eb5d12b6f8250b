"""Customers in, and the audit ledger out."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.audit.archive import Archive
from pipelines.contracts import Refusal
from pipelines.customers.ports import Desk
from pipelines.services.ground import Ground

if TYPE_CHECKING:
    from pipelines.audit.ports import AnchorStore
    from pipelines.customers.forgetting import Files


class Records(Ground):
    """What importing, forgetting, exporting and anchoring are given."""

    @property
    def uploads(self) -> Path:
        """Where uploaded files wait."""
        return self.settings.liftline_home / "uploads"

    @property
    def imports(self) -> Path:
        """Where imports work, and leave what they checked until it is loaded."""
        return self.settings.liftline_home / "imports"

    @property
    def outbox(self) -> Path:
        """Where the offline channels put their messages, by tenant and channel."""
        return self.settings.liftline_home / "outbox"

    @property
    def feeds(self) -> Path:
        """Where the banners lie that pages fetch, by tenant."""
        return self.settings.web_feed_folder or self.settings.liftline_home / "feeds"

    @property
    def inbox(self) -> Path:
        """Where files of events are put for a tenant."""
        return self.settings.liftline_home / "inbox"

    @property
    def console_folder(self) -> Path:
        """Where the console served alone keeps its passwords and the key of its sessions."""
        return self.settings.liftline_home / "console"

    @cached_property
    def desk(self) -> Desk:
        """What importing is given."""
        return Desk(
            database=self.database,
            workspace=self.imports,
            reports=self.settings.liftline_reports,
            quarantine_limit=self.settings.liftline_quarantine_limit,
            max_bytes=int(self.settings.liftline_max_file_gb * 1e9),
            clock=self.clock,
        )

    @property
    def files_of_people(self) -> Files:
        """Which files are deleted after a while."""
        from pipelines.customers.forgetting import Files

        return Files(
            self.uploads, self.imports, self.outbox, self.feeds, self.inbox, self.settings.liftline_reports,
            self.settings.liftline_files_kept_days, self.clock,
        )  # fmt: skip

    def forget(self) -> dict[str, int]:
        """Delete what was kept for its days: files of people, and what jobs of the console said; counted by kind."""
        from pipelines.console.jobs import forget_jobs
        from pipelines.customers.forgetting import forget_files

        files = self.files_of_people
        before = self.clock() - timedelta(days=files.days)
        return {**forget_files(files), "jobs": forget_jobs(self.database, self.tenant_ids(), before)}

    @property
    def anchors(self) -> Path:
        """Where heads of the audit ledger are kept, outside the database."""
        return self.settings.liftline_anchors or self.settings.liftline_reports / "anchors"

    @property
    def anchors_to_hold_against(self) -> Path | None:
        """The folder of anchors that an export is verified with; None where none was ever kept."""
        if self.settings.liftline_anchors and not self.anchors.is_dir():
            raise Refusal(
                f"LIFTLINE_ANCHORS names {self.anchors}, which is not there; without its anchors a rewritten ledger "
                "may seem whole; mount that folder, or name the right one."
            )
        return self.anchors if self.anchors.is_dir() else None

    @property
    def audit_exports(self) -> Path:
        """Where the audit exports of campaigns are kept, by tenant and campaign."""
        return self.settings.liftline_reports / "audit"

    @cached_property
    def anchor_store(self) -> AnchorStore | None:
        """Where anchors go besides their folder, if anywhere."""
        from pipelines.adapters.anchor_store import anchor_store

        url = self.settings.liftline_anchors_url
        return anchor_store(url.get_secret_value() if url else "")

    @cached_property
    def archive(self) -> Archive:
        """What exporting and anchoring the audit ledger are given."""
        return Archive(database=self.database, anchors=self.anchors, clock=self.clock, store=self.anchor_store)
