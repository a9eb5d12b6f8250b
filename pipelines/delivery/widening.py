"""Let a campaign that grows step by step grow by a step: more people, and nobody of those before anew."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.contracts import Refusal
from pipelines.delivery.post import PostRoom
from pipelines.delivery.queueing import enter
from pipelines.delivery.store import Store


@dataclass(frozen=True, slots=True)
class Widened:
    """The step that a campaign has grown to, of how many, and how many messages that entered."""

    cohort: int
    of: int
    entered: int


def widen(
    post: PostRoom, tenant: str, campaign_id: str, *, by: str, reason: str = "", to: int | None = None
) -> Widened:
    """Grow to the next step, or to this one, and queue whom it adds; a step that was taken stays taken."""
    now = post.clock()
    with post.database.transaction(tenant) as connection:
        store = Store(connection, tenant, campaign_id)
        store.campaign()
        locked = store.row("lock_campaign")
        ramp = store.row("ramp")
        if ramp is None:
            raise Refusal(f"Campaign {campaign_id} writes to everybody at once: its brief does not say ramp: true.")
        if locked and locked["status"] == "paused":
            raise Refusal(f"Campaign {campaign_id} is paused; resume it with `liftline delivery resume` first.")
        if ramp["learns"]:
            raise Refusal(
                f"Campaign {campaign_id} grows by itself: its experiment opens a step once the one before has shown "
                "what it can."
            )
        before, steps = ramp["cohort"], ramp["steps"]
        wanted = before + 1 if to is None else to
        if to is None and before == steps:
            raise Refusal(f"Campaign {campaign_id} has taken the last of its {steps} steps and writes to everybody.")
        if not before <= wanted <= steps:
            raise Refusal(
                f"Campaign {campaign_id} has grown to step {before} of {steps} and never shrinks; "
                f"name a step from {before} to {steps}."
            )
        if wanted > before:
            told = f"Step {wanted} of {steps} follows step {before}. {reason.strip()}".strip()
            known = {"experiment_key": ramp["experiment_key"], "cohort": wanted, "now": now}
            store.change("widen", **known, reason=told)
            store.log(
                "delivery.widen", "widened", told, by=by, about=f"campaign {campaign_id}", before=before, cohort=wanted
            )
        return Widened(wanted, steps, enter(post, store, campaign_id, by=by, now=now))
