"""A report as a mail."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path


def mail(sender: str, target: str, subject: str, text: str, files: list[Path]) -> EmailMessage:
    """The mail with its PDFs attached."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, target, subject
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text + "\n")
    for path in files:
        made.add_attachment(path.read_bytes(), maintype="application", subtype="pdf", filename=path.name)
    return made
