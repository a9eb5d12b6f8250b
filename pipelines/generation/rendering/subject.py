"""What a subject line must keep to, so that phones show all of it and nobody takes it for spam."""

from __future__ import annotations

import re

from pipelines.generation.rendering.rendered import Notes

UNDER = 60
PREHEADER = 140
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b05-\u2b55\u231a-\u23ff](?:[\ufe0f\u200d\U0001f3fb-\U0001f3ff]+[\U0001f000-\U0001faff\u2600-\u27bf]?)*"
)


def check_subject(subject: str, preheader: str, notes: Notes) -> None:
    """Under 60 characters as it usually gets, in words, at most one emoji; the preheader adds to it."""
    if not any(letter.isalnum() for letter in subject):
        notes.faults.append("the subject has no words")
    if len(subject) >= UNDER:
        notes.faults.append(f"the subject has {len(subject)} characters; it must stay under {UNDER}")
    if (emoji := len(_EMOJI.findall(subject))) > 1:
        notes.warnings.append(f"the subject has {emoji} emoji; one is enough")
    letters = [letter for letter in subject if letter.isalpha()]
    if len(letters) > 8 and all(letter.isupper() for letter in letters if letter.isupper() or letter.islower()):
        notes.warnings.append("the subject is all capitals; filters take that for spam")
    if len(preheader) > PREHEADER:
        notes.warnings.append(f"the preheader has {len(preheader)} characters; mailboxes show about {PREHEADER}")
