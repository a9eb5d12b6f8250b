"""A person says of messages in doubt whether they left; nobody sends them again, whatever is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pipelines.contracts import Changed, Refusal
from pipelines.delivery.claiming import digest_of
from pipelines.delivery.post import PostRoom
from pipelines.delivery.store import Store

Verdict = Literal["sent", "not-sent"]
NAMES: dict[Verdict, str] = {"sent": "resolve_sent", "not-sent": "resolve_rejected"}


def resolve(
    post: PostRoom, tenant: str, campaign_id: str, verdict: Verdict, *, by: str, reason: str,
    messages: Sequence[str] | None = None, seen: int | None = None,
) -> int:  # fmt: skip
    """Settle these messages that are unknown, or all of them, if they are as many as were `seen`; how many were."""
    if not reason.strip():
        raise Refusal("Say how you know, with a reason.")
    with post.database.transaction(tenant) as connection:
        store = Store(connection, tenant, campaign_id)
        store.campaign()
        named = list(messages) if messages is not None else None
        told = {"messages": named, "reason": f"{by}: {reason.strip()}", "now": post.clock()}
        settled = [row["message_id"] for row in store.rows(NAMES[verdict], **told)]
        if named is not None and (strangers := sorted(set(named) - set(settled))):
            raise Refusal(f"{strangers[0]} is no message of campaign {campaign_id} that is unknown; check the id.")
        if seen is not None and len(settled) != seen:
            raise Changed(f"{len(settled)} messages are in doubt now, and you saw {seen}; look again.")
        if settled:
            store.rows("tell_outreach", messages=settled)
            store.log(
                "delivery.resolve", verdict, reason.strip(), by=by, about=f"campaign {campaign_id}",
                resolved=len(settled), digest=digest_of(settled),
            )  # fmt: skip
    return len(settled)
