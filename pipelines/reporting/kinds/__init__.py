"""The kinds of report: each turns rows of the marts into sections, and reads nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipelines.reporting.document import Kind, Section
from pipelines.reporting.kinds import deliverability, executive, learning, safety

Facts = Mapping[str, list[dict[str, Any]]]

# The title, the statements that it reads, and what makes sections of their rows.
KINDS: Mapping[Kind, tuple[str, tuple[str, ...], Callable[..., list[Section]]]] = {
    "executive": ("Executive report", executive.READS, executive.sections),
    "deliverability": ("Deliverability", deliverability.READS, deliverability.sections),
    "safety": ("Safety and compliance", safety.READS, safety.sections),
    "learning": ("What we learnt", learning.READS, learning.sections),
}
