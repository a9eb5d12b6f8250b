"""Which entries of a ledger somebody wants to see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.audit.scope import Scope

# What stands in a body exactly as it was said: nothing in it is doubled or escaped there.
_PLAIN = re.compile(r"[^\"\\\x00-\x1f]+")


@dataclass(frozen=True, slots=True)
class Filters:
    """Each that is given must be met; both days count, in UTC."""

    campaign: str | None = None
    actor: str | None = None
    action: str | None = None
    decision: str | None = None
    subject: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    # Other ids of the subject: an entry about any of them passes.
    aliases: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """What the statement is given."""
        window = Scope("", None, self.first_day, self.last_day)
        asked = {name: getattr(self, name) for name in ("actor", "action", "decision")}
        needles = [text for text in asked.values() if text and _PLAIN.fullmatch(text)]
        subjects = [self.subject, *self.aliases] if self.subject else []
        told = {**asked, "campaign": self.campaign, "since": window.since, "until": window.until, "needles": needles}
        return {**told, "subjects": subjects, "plain_subjects": all(_PLAIN.fullmatch(one) for one in subjects)}
