"""Variants in the shape that account-based systems take them in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.contracts import Json, Refusal

MOST_BYTES = 50_000


@dataclass(frozen=True, slots=True)
class TemplateVariant:
    """One variant; its confidence is from 0 to 1."""

    variant_id: str
    subject: str
    body_html: str
    tone: str
    cta: str
    confidence: float


def template_variants(account_id: str, variants: Sequence[TemplateVariant], data_used: Sequence[str]) -> Json:
    """The payload of one account or other unit, or a refusal if it is over 50 KB."""
    payload = {
        "account_id": account_id,
        "template_variants": [
            {
                "variant_id": one.variant_id,
                "subject": one.subject,
                "body_html": one.body_html,
                "tone": one.tone,
                "cta": one.cta,
                "confidence": round(one.confidence, 4),
            }
            for one in variants
        ],
        "data_used": list(dict.fromkeys(data_used)),
    }
    # As the strictest writer of JSON writes it, so that it fits however it travels.
    if (size := len(json.dumps(payload).encode())) > MOST_BYTES:
        raise Refusal(
            f"The variants for {account_id} take {size:,} bytes and {MOST_BYTES:,} is the most; "
            "name fewer strategies in the brief."
        )
    return payload
