"""Who tells people that something waits: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.safety.ports import Notifier

if TYPE_CHECKING:
    from pipelines.adapters.notification.email import Mailbox


def notifier(provider: str, *, folder: Path, webhook: str, mailbox: Mailbox) -> Notifier:
    """The notifier of that name."""
    if provider == "slack":
        from pipelines.adapters.notification.slack import SlackNotifier

        return SlackNotifier(webhook)
    if provider == "email":
        from pipelines.adapters.notification.email import EmailNotifier

        return EmailNotifier(mailbox)
    from pipelines.adapters.notification.offline import FileNotifier

    return FileNotifier(folder)
