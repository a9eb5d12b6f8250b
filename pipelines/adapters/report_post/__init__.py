"""Who takes reports to people: an SMTP server where notices go by e-mail, else an outbox; and folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.adapters.report_post.folders import Outbox
from pipelines.reporting.ports import Post

if TYPE_CHECKING:
    from pipelines.adapters.notification.email import Mailbox


def report_post(provider: str, *, outbox: Path, mailbox: Mailbox) -> Post:
    """The post by the name of the notification provider; without e-mail, mails wait in the outbox."""
    if provider == "email":
        from pipelines.adapters.report_post.smtp import Smtp

        return Smtp(mailbox)
    return Outbox(outbox, mailbox.sender or "liftline@example.com")
