"""The brief that an outreach campaign or a wish for templates is on our side."""

from __future__ import annotations

import re
import secrets

from pipelines.contracts import Json
from pipelines.outreach.policy import OutreachPolicy

TONES = ("professional", "friendly", "direct")
# A channel of the caller's own takes the form of a letter; consent is asked for under its own name all the same.
FORMS = {"custom": "email"}


def brief_of_campaign(
    name: str, channel: str, description: str, action: Json | None, budget: str | None, policy: OutreachPolicy
) -> Json:
    """One message a lead, about what the description says."""
    said = description.strip() or name
    return _brief(name, said, said, action, policy) | {
        "audience": {"unit": "person"}, "channel": FORMS.get(channel, channel), "strategies": list(TONES),
        # Every lead was asked for by name or score: the arms are the variants, and nobody is left without one.
        "experiment": {"control_share": 0},
        **({"budget_usd": budget} if budget is not None else {}),
    }  # fmt: skip


def brief_of_templates(unit_kind: str, unit_id: str, wish: Json, policy: OutreachPolicy) -> Json:
    """One set of templates for an account or a segment, as a creative brief wants them."""
    said = wish["goal"]
    audience = {"unit": unit_kind, "only": [unit_id], **({"scheme": wish["scheme"]} if unit_kind == "segment" else {})}
    brief = _brief(f"Templates for {unit_id}", said, wish.get("value_proposition") or said, wish.get("cta"), policy)
    knowledge = {name: wish[name] for name in ("query", "audience", "products") if wish.get(name)}
    return brief | {
        "audience": audience, "channel": "email", "strategies": wish.get("tones") or list(TONES),
        **({"tone": wish["tone"]} if wish.get("tone") else {}), **({"knowledge": knowledge} if knowledge else {}),
    }  # fmt: skip


def new_id(name: str) -> str:
    """An id that can be read; each request makes another."""
    return f"{_slug(name)}-{secrets.token_hex(5)}"


def lasting_id(name: str, brief_hash: str) -> str:
    """An id that can be read, the same for the same brief."""
    return f"{_slug(name)}-{brief_hash[:10]}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "campaign"


def _brief(name: str, goal: str, promise: str, action: Json | None, policy: OutreachPolicy) -> Json:
    wanted = dict(action or {})
    wanted.setdefault("text", policy.call_to_action)
    return {"name": name, "goal": goal, "value_proposition": promise, "call_to_action": wanted}
