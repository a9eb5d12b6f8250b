"""Frozen types that cross steps, and the one way in which Liftline says no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# What a spreadsheet runs as a formula, whatever apostrophes stand before it; the same for Python, Rust and PostgreSQL.
FORMULA = "^('*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20])"
TENANT_ID = re.compile(r"[a-z][a-z0-9_-]{0,62}")


class Refusal(Exception):
    """What was asked cannot be done; the message is one sentence that says what, where and how to mend it."""


def no_such_tenant(tenant: str) -> Refusal:
    """The one sentence for a tenant that is not there."""
    return Refusal(f"There is no tenant {tenant}; create it with `liftline tenants create {tenant}`.")


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company whose data nobody else may see."""

    tenant_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What the doctor found of one service."""

    service: str
    provider: str
    healthy: bool
    detail: str
    remedy: str = ""


Json = dict[str, Any]
