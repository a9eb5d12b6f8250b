"""The design of a campaign's experiment out of its brief, the house's defaults and the copy that may be approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.contracts import RATES, Json, Refusal
from pipelines.experiments.arms import shares_of
from pipelines.experiments.design import Design, checked
from pipelines.experiments.layers import moved
from pipelines.experiments.policy import ExperimentPolicy

SILENT = ("control", "nobody")
# What a brief may say of its experiment in the words of a design.
OWN_WORDS = (
    "primary_metric", "secondary_metrics", "guardrail_metrics", "attribution_days", "stratify_by", "min_days",
    "max_days", "plan", "allocation", "correction", "alpha", "power", "lift", "coverage", "namespace",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Copy:
    """In how many audience units each strategy has a variant that may be approved."""

    units: int
    strategies: Mapping[str, int]

    def everywhere(self, wanted: Sequence[str]) -> list[str]:
        """The strategies that every unit has; where none is, the one that most have."""
        whole = [name for name in wanted if self.strategies.get(name, 0) == self.units]
        best = max(wanted, key=lambda name: self.strategies.get(name, 0), default=None)
        return whole or ([best] if best and self.strategies.get(best) else [])


def planned(
    key: str, brief: Mapping[str, Any], copy: Copy, policy: ExperimentPolicy, *, before: Design | None = None,
    proven: str | None = None,
) -> Design:  # fmt: skip
    """The design as the brief wants it; the arms that an operator weighed stay as he weighed them.

    `proven` is the strategy that won before: unless the brief names its arms, the others are compared with it.
    """
    wish = dict(brief.get("experiment") or {})
    if before is not None and before.source == "operator":
        arms: list[Json] = [arm.model_dump() for arm in before.arms]
        source = "operator"
    elif brief.get("arms"):
        arms, source = _arms_of_brief(brief["arms"], brief.get("journey") or (), brief.get("channel")), "brief"
    else:
        first = next((arm.strategy for arm in before.arms if arm.strategy), None) if before else proven
        arms = _default_arms(key, brief, copy, wish.get("control_share"), first)
        source = "brief" if wish else "default"
    for arm in arms:
        sends = [arm["strategy"], *(step["strategy"] for step in arm.get("journey") or ())]
        if missing := next((one for one in sends if one is not None and not copy.strategies.get(one)), None):
            raise Refusal(
                f"Arm {arm['name']} of campaign {key} sends {missing}, of which no variant may be approved; "
                "draft or release one, or take it out of the brief."
            )
    metric = wish.get("primary_metric") or policy.primary_metric
    others = {
        name: [one for one in getattr(policy, name) if one != metric]
        for name in ("secondary_metrics", "guardrail_metrics")
    }
    baseline = wish.get("baseline") or (policy.baselines.get(metric) if metric in RATES else None)
    plan = {name: getattr(policy, name) for name in OWN_WORDS if name in ExperimentPolicy.model_fields}
    learns = wish.get("allocation") in ("bandit", "staged")
    if learns:
        days = wish.get("attribution_days") or policy.attribution_days
        plan["max_days"] = max(policy.max_days, days * len(policy.waves))
    design = checked(
        {
            **plan, **others, "coverage": 1.0, "namespace": None, "stratify_by": ["unit"],
            **{name: wish[name] for name in OWN_WORDS if wish.get(name) is not None},
            "key": key, "kind": wish.get("kind") or "ab", "source": source, "arms": arms, "baseline": baseline,
            "control": wish.get("control") or _control_of(arms),
            "ramp": policy.waves if learns else policy.ramp,
            "hash_version": int(wish.get("hash_version") or policy.hash_version),
            "global_holdout": policy.global_holdout,
        }
    )  # fmt: skip
    return kept_in_place(design, before)


def weighed(before: Design, weights: Mapping[str, float | None]) -> Design:
    """The same design with other weights, given by an operator."""
    known = {arm.name: arm for arm in before.arms}
    if strangers := [name for name in weights if name not in known]:
        raise Refusal(
            f"Experiment {before.key} has no arm {', '.join(strangers)}; its arms are {', '.join(known)}. "
            "Another arm is another brief."
        )
    if gone := [name for name in known if name not in weights]:
        raise Refusal(f"Give {', '.join(gone)} a place as well; every arm of experiment {before.key} needs one.")
    shares = shares_of({name: weights[name] for name in known})
    arms = [arm.model_dump() | {"share": shares[name]} for name, arm in known.items()]
    return kept_in_place(checked(before.to_json() | {"arms": arms, "source": "operator", "ranges": ()}), before)


def kept_in_place(design: Design, before: Design | None) -> Design:
    """The design with nobody moved who need not move from where the design before it had put them."""
    if before is None or before.hash_version != design.hash_version or not set(before.shares) & set(design.shares):
        return design
    pieces = before.pieces if before.shares == design.shares else moved(before.pieces, design.shares)
    return design.model_copy(update={"ranges": tuple((one.arm, one.start, one.end) for one in pieces)})


def _arms_of_brief(
    arms: Sequence[Mapping[str, Any]], journey: Sequence[Mapping[str, Any]], channel: str | None
) -> list[Json]:
    shares = shares_of({arm["name"]: arm.get("weight") for arm in arms})
    return [
        {"name": arm["name"], "share": shares[arm["name"]], "strategy": arm.get("strategy"),
         "levels": arm.get("levels") or {}, "journey": _journey_of(arm, journey, channel)}
        for arm in arms
    ]  # fmt: skip


def _journey_of(arm: Mapping[str, Any], journey: Sequence[Mapping[str, Any]], channel: str | None) -> list[Json]:
    """The arm's own journey, else that of the brief; who is sent nothing first is sent nothing later."""
    if arm.get("strategy") is None:
        return []
    own = arm.get("journey")
    steps = journey if own is None else own
    told = [{name: step.get(name) for name in ("after_days", "strategy", "channel")} for step in steps]
    return [{**step, "channel": None if step["channel"] == channel else step["channel"]} for step in told]


def _default_arms(
    key: str, brief: Mapping[str, Any], copy: Copy, control_share: float | None, first: str | None
) -> list[Json]:
    strategies = copy.everywhere(list(brief.get("strategies") or sorted(copy.strategies)))
    # Responses that only a message can cause are compared with the first that is sent.
    strategies.sort(key=lambda name: name != first)
    if not strategies:
        raise Refusal(f"Campaign {key} has no variant that may be approved, so there is nothing to compare.")
    silent = next(name for name in SILENT if name not in strategies)
    weights = {silent: control_share * 100 if control_share else None, **dict.fromkeys(strategies)}
    # Where nobody is to be left without a message, nobody is: a single text then has nothing to be compared with.
    if control_share == 0:
        del weights[silent]
    shares = shares_of(weights) if len(weights) > 1 else dict.fromkeys(weights, 1.0)
    return [
        {"name": name, "share": share, "strategy": None if name == silent else name, "levels": {}}
        for name, share in shares.items()
    ]


def _control_of(arms: Sequence[Mapping[str, Any]]) -> str:
    """The arm that is sent nothing; else the one that is called or sends `control`; else the first."""
    silent = [arm for arm in arms if arm["strategy"] is None]
    called_so = [arm for arm in arms if "control" in (arm["name"], arm["strategy"])]
    return str((silent or called_so or arms)[0]["name"])
