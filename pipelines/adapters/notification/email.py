"""Notices by e-mail, over SMTP.

What happens: whatever goes wrong before the server took the message is not delivered, and the caller tells again later.
Once it took the message, an ill end of the session changes nothing.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

import structlog

from pipelines.contracts import Probe
from pipelines.safety.ports import NotDelivered, Notice

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The SMTP server, who writes and to whom; `starttls` asks for encryption before anything is said."""

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    starttls: bool = True
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class EmailNotifier:
    """A `Notifier` that sends plain mail."""

    name = "email"

    def __init__(self, mailbox: Mailbox, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.mailbox, self._timeout = mailbox, timeout_seconds

    def tell(self, notice: Notice) -> None:
        """Send one mail; it counts as delivered when the server took it for somebody."""
        self.send(_mail(self.mailbox, notice))

    def send(self, mail: EmailMessage) -> None:
        """Send a mail that was written elsewhere, under the same rules."""
        box = self.mailbox
        with self._session() as server:
            refused = server.send_message(mail)
        if refused:
            # The others know: told again and again, they would soon stop reading.
            log.warning("notice_refused_for_some", host=box.host, refused=len(refused), of=len(box.recipients))

    def probe(self) -> Probe:
        """Whether the server lets us in; nothing is sent."""
        try:
            with self._session() as server:
                server.noop()
        except NotDelivered as error:
            return Probe("notification", self.name, False, str(error), "Check NOTIFICATION_SMTP_HOST and its fellows.")
        return Probe("notification", self.name, True, f"{self.mailbox.host} answers and lets us in")

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """An encrypted session of somebody who is let in; every trouble is one sentence."""
        box = self.mailbox
        try:
            server = smtplib.SMTP(box.host, box.port, timeout=self._timeout)
            try:
                if box.starttls:
                    server.starttls(context=ssl.create_default_context())
                if box.user:
                    server.login(box.user, box.password or "")
                yield server
            finally:
                server.close()
        except smtplib.SMTPAuthenticationError:
            raise NotDelivered(f"{box.host} does not let us in; check NOTIFICATION_SMTP_USER.") from None
        except (smtplib.SMTPException, OSError) as error:
            why = f"does not take mail ({type(error).__name__})"
            raise NotDelivered(f"{box.host} {why}; check NOTIFICATION_SMTP_HOST.") from None


def _mail(box: Mailbox, notice: Notice) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = box.sender, ", ".join(box.recipients)
    mail["Subject"] = f"Liftline: {notice.waiting} waiting for a person (priority {notice.priority})"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{notice.sentence}\n\n{notice.link}\n")
    return mail
