"""What to do next, by the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.reporting.campaign.store import Facts
from pipelines.reporting.document import Section


def advice(facts: Facts) -> Section:
    """One or two sentences that somebody can act on."""
    return Section(
        "next", "What to do next", [*_sentences(facts), *levels_to_take((facts.analysis or {}).get("factors", []))]
    )


def _sentences(facts: Facts) -> list[str]:
    newest, experiment = facts.newest, facts.experiment
    if experiment is None:
        return ["Ask for the approval of the campaign; that fixes its experiment."]
    key, primary = experiment["experiment_key"], experiment["design"]["primary_metric"]
    end = f"`liftline experiments conclude {key} --as YOU` ends it"
    if newest is None:
        return ["Let it run; the first read-out says when there is enough to decide on."]
    if experiment["state"] in ("concluded", "invalid", "cancelled"):
        return [
            {
                "concluded": f"It is concluded: send {newest['winner']}, and compare what comes next with it."
                if newest["winner"]
                else "It is concluded without a winner. Send whichever arm costs least.",
                "invalid": "It is ended as invalid. Mend what Health names before the next launch.",
                "cancelled": "It is cancelled. Nothing is left to decide.",
            }[experiment["state"]]
        ]
    if len(experiment["design"]["arms"]) < 2:
        return [f"Give the next campaign a second text or a control, and it will be known what sending brings; {end}."]
    match newest["verdict"]:
        case "winner":
            return [f"Send {newest['winner']} from now on: {end} and makes it the control of what comes next."]
        case "loser":
            return [f"Keep {newest['winner']} and retire the other arms: {end}."]
        case "invalid":
            return ["Act on no number here. Find out what Health names, mend it, and run the experiment anew."]
        case "inconclusive" if newest["final"]:
            return [
                f"Send whichever arm costs least: by {primary} none is shown to be better. {end[0].upper()}{end[1:]}.",
                "To see a smaller difference run the next experiment with more people or fewer arms.",
            ]
        case _ if newest["final"]:
            return [
                f"Decide nothing by {primary}: too few people responded. {end[0].upper()}{end[1:]}.",
                "Run the next one with more people or fewer arms; `liftline experiments size` tells how many.",
            ]
    days = experiment["design"]["max_days"]
    return [f"Let it run, to {days} days at most, and change nothing meanwhile: neither arms nor texts."]


def levels_to_take(effects: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which level of a factor to take, where chance alone hardly made it better and no other factor turns it around."""
    standing = [one for one in effects if one["stands"]]
    tangled = {factor for one in standing if len(one["factors"]) > 1 for factor in one["factors"]}
    best: dict[str, Mapping[str, Any]] = {}
    for one in standing:
        factor = one["factors"][0]
        if len(one["factors"]) == 1 and one["lift_abs"] > best.get(factor, {"lift_abs": -math.inf})["lift_abs"]:
            best[factor] = one
    told = [
        f"Of {factor} take {one['levels'][0] if one['lift_abs'] > 0 else one['against'][0]}, whatever else is sent."
        for factor, one in best.items()
        if factor not in tangled
    ]
    if tangled:
        named = " and ".join(sorted(tangled))
        told.append(f"Choose {named} together, by the arm that did best: what one does depends on the other.")
    return told
