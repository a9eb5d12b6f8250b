"""Reports by e-mail, over the SMTP server that takes notices. Whatever goes wrong, the caller tries again later."""

from __future__ import annotations

from pathlib import Path

from pipelines.adapters.notification.email import EmailNotifier, Mailbox
from pipelines.adapters.report_post.mails import mail
from pipelines.reporting.ports import NotTaken
from pipelines.safety.ports import NotDelivered


class Smtp:
    """A `Post` that sends mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox, self._notifier = mailbox, EmailNotifier(mailbox)

    def deliver(self, target: str, subject: str, text: str, files: list[Path]) -> None:
        """Send one mail; it counts as delivered when the server took it."""
        try:
            self._notifier.send(mail(self._mailbox.sender, target, subject, text, files))
        except NotDelivered as fault:
            raise NotTaken(str(fault)) from fault
