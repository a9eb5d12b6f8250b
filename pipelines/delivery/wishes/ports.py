"""What honouring wishes is given: the ledgers, the key of the links, and how a tenant presents itself and judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipelines.database import Database

Form = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who the reader knows as the sender, and in which languages that sender writes."""

    name: str
    website: str
    locales: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What of the guardrails' policy matters here; `reach` names the kind of address that each channel uses."""

    marketing: tuple[str, ...]
    objection: tuple[str, ...]
    sale: tuple[str, ...]
    reach: Mapping[str, str]
    says_stop: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class WishBook:
    """`text_is_genuine` and `whatsapp_is_genuine` say whether a post comes from the vendor; None without one."""

    database: Database
    key: bytes = field(repr=False)
    letterhead_of: Callable[[str], Letterhead]
    rules_of: Callable[[str], Rules]
    clock: Callable[[], datetime]
    text_is_genuine: Callable[[str, Form, str], bool] | None = None
    whatsapp_is_genuine: Callable[[bytes, str], bool] | None = None
