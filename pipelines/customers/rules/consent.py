"""Consent and suppression: who may be contacted, where, for what, and on which ground."""

import re
from collections import Counter

import polars as pl

from pipelines.contracts import in_snake_case
from pipelines.customers.rules.cells import looked_up, table, trimmed
from pipelines.customers.rules.denials import is_denial
from pipelines.customers.rules.verdict import Judged

# The sender has to prove a yes: these few words are one, and nothing else is. What is a no stands in denials.
_GRANTED = frozenset(("granted", "true", "1", "yes", "y", "t", "opt in", "opted in", "optin", "subscribed"))
_CHANNELS = table(
    {
        "email": ("e mail", "mail"),
        "sms": ("text", "text message"),
        "whatsapp": ("whats app",),
        "push": ("push notification", "app push"),
        "phone": ("telephone", "call"),
        "post": ("postal", "letter", "direct mail"),
        "web": ("website", "onsite"),
        "linkedin": ("linked in",),
        "custom": (),
    }
)
_LAWFUL_BASES = table(
    {
        "consent": (),
        "contract": ("performance of a contract",),
        "legal_obligation": ("legal obligation",),
        "vital_interests": ("vital interests", "vital interest"),
        "public_task": ("public task",),
        "legitimate_interests": ("legitimate interests", "legitimate interest"),
    }
)
_SUPPRESSION_REASONS = table(
    {
        "unsubscribe": ("unsubscribed", "optout", "opt out", "opted out", "group unsubscribe"),
        "complaint": ("spam", "spamreport", "spam report"),
        "hard_bounce": ("hard bounce", "hardbounce", "bounce", "bounced"),
        "erasure": ("gdpr", "erased", "forget me"),
        "manual": (),
    }
)
_PURPOSE_LIMIT = 64


def read_consent(raw: pl.Series) -> Judged:
    """'granted' for a clear yes, 'denied' for a clear no; anything else says nothing and is null."""
    return looked_up(trimmed(raw), lambda cell: (_status(cell), None))


def not_understood(raw: pl.Series, read: pl.Series) -> Counter[str]:
    """The words of a consent column that say neither, as they were written, and on how many lines each stands."""
    words = trimmed(raw.filter(read.is_null())).drop_nulls()
    return Counter(dict(words.value_counts().iter_rows()))


def read_consent_status(raw: pl.Series) -> Judged:
    """The same for a consents file, where a status that says nothing is `consent_status_unknown`."""

    def judge(cell: str) -> tuple[str | None, str | None]:
        status = _status(cell)
        return status, None if status else "consent_status_unknown"

    return looked_up(trimmed(raw), judge)


def read_channel(raw: pl.Series) -> Judged:
    """Channels by our own names; any other is `channel_unknown`."""
    return _from_table(raw, _CHANNELS, "channel_unknown")


def read_purpose(raw: pl.Series) -> Judged:
    """Purposes in snake_case; without a letter or digit, or over 64 characters, `purpose_invalid`."""
    return looked_up(trimmed(raw), _judge_purpose)


def read_lawful_basis(raw: pl.Series) -> Judged:
    """One of the six bases of GDPR article 6; any other is `lawful_basis_unknown`."""
    return _from_table(raw, _LAWFUL_BASES, "lawful_basis_unknown")


def read_suppression_reason(raw: pl.Series) -> Judged:
    """Reasons by our own names; any other is `suppression_reason_unknown`."""
    return _from_table(raw, _SUPPRESSION_REASONS, "suppression_reason_unknown")


def _status(cell: str) -> str | None:
    if re.sub(r"[-_\s]+", " ", cell.lower()) in _GRANTED:
        return "granted"
    return "denied" if is_denial(cell) else None


def _keys(raw: pl.Series) -> pl.Series:
    """Spellings without case and without the choice between hyphen, underscore and space."""
    return trimmed(raw).str.to_lowercase().str.replace_all(r"[-_\s]+", " ")


def _from_table(raw: pl.Series, meanings: dict[str, str], unknown: str) -> Judged:
    def judge(key: str) -> tuple[str | None, str | None]:
        meaning = meanings.get(key) or meanings.get(key.replace(" ", "_"))
        return meaning, None if meaning else unknown

    return looked_up(_keys(raw), judge)


def _judge_purpose(cell: str) -> tuple[str | None, str | None]:
    purpose = in_snake_case(cell)
    return (purpose, None) if 0 < len(purpose) <= _PURPOSE_LIMIT else (None, "purpose_invalid")
