"""How a campaign's audience was decided on: as a run to keep, as an entry to log, as a summary to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pipelines.contracts import Json
from pipelines.safety.guardrails.policy import GuardrailPolicy
from pipelines.safety.guardrails.reasons import BY_CODE, Counted, first_reasons, outcome_of
from pipelines.safety.guardrails.recipients import Campaign
from pipelines.safety.guardrails.verdicts import GuardrailVerdict, strictest

ACTION = "eligibility"


@dataclass(frozen=True, slots=True)
class EligibilitySummary:
    """How the audience of a campaign was decided on; included, excluded and review add up to it."""

    campaign_id: str
    tenant: str
    run: int
    new: bool
    audience: int
    included: int
    excluded: int
    review: int
    reasons: list[Json]
    decision: str
    guardrails: list[Json]
    asked: list[str]
    paused: bool
    digest: str
    policy_version: str
    snapshot_id: str
    as_of: str
    file: Path | None

    def to_json(self) -> Json:
        """For a machine."""
        return asdict(self)


def run_of(
    campaign: Campaign,
    policy: GuardrailPolicy,
    counted: Sequence[Counted],
    verdicts: Iterable[GuardrailVerdict],
    digest: str,
    *,
    now: datetime,
    by: str,
) -> Json:
    """A run as it would be kept, but for its number."""
    by_verdict = {"included": 0, "excluded": 0, "review": 0}
    for mask, customers, _ in counted:
        by_verdict[outcome_of(mask).verdict] += customers
    return {
        "campaign_id": campaign.campaign_id,
        "as_of": now,
        "decided_at": now,
        "decided_by": by,
        "policy_version": policy.version,
        "snapshot_id": campaign.snapshot_id,
        "audience": sum(by_verdict.values()),
        **by_verdict,
        "reasons": first_reasons(counted),
        "guardrails": [verdict.to_json() for verdict in verdicts],
        "digest": digest,
    }


def says_more(run: Json, newest: Json | None) -> bool:
    """Whether a run came to anything else than the newest that was kept."""
    if newest is None:
        return True
    same = ("digest", "policy_version", "snapshot_id")
    return any(newest[name] != run[name] for name in same) or _answers(newest) != _answers(run)


def _answers(run: Json) -> list[tuple[str, str, str]]:
    return [(one["guardrail"], one["decision"], one["code"]) for one in run["guardrails"]]


def entry_of(run: Json, policy: GuardrailPolicy, verdicts: Sequence[GuardrailVerdict]) -> Json:
    """What the ledger holds of a run."""
    counts = {name: run[name] for name in ("run", "digest", "audience", "included", "excluded", "review", "reasons")}
    return {
        "by": run["decided_by"],
        "action": ACTION,
        "object": f"run {run['run']} over {run['audience']} people",
        "campaign_id": run["campaign_id"],
        "decision": strictest(verdicts),
        "reason": f"{run['included']} included, {run['review']} to review, {run['excluded']} excluded",
        "policy_version": run["policy_version"],
        "thresholds": thresholds_of(policy),
        "guardrails": {**counts, "verdicts": run["guardrails"]},
    }


def thresholds_of(policy: GuardrailPolicy) -> Json:
    """The numbers that decided."""
    return policy.model_dump(mode="json", include={"spam": True, "rates": True, "money": True, "digest_days": True})


def reasons_of(counted: Sequence[Counted]) -> list[Json]:
    """Each reason: for how many customers it is the first, against how many it is held at all, and one of them."""
    first, held, example = first_reasons(counted), dict.fromkeys(BY_CODE, 0), dict[str, str]()
    for mask, customers, somebody in counted:
        outcome = outcome_of(mask)
        example[outcome.code] = min(example.get(outcome.code, somebody), somebody)
        for code in outcome.codes:
            held[code] += customers
    return [
        {
            "code": code, "guardrail": reason.guardrail, "customers": first.get(code, 0), "held_against": held[code],
            "sentence": reason.sentence, "example": example.get(code),
        }
        for code, reason in BY_CODE.items()
        if held[code]
    ]  # fmt: skip
