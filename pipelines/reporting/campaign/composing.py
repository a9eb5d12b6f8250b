"""The report of a campaign, in the order in which somebody in a hurry reads it."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.contracts import Json
from pipelines.reporting.campaign.advice import advice
from pipelines.reporting.campaign.definitions import definitions
from pipelines.reporting.campaign.explaining import explanation
from pipelines.reporting.campaign.money import attributed, money
from pipelines.reporting.campaign.results import arms, comparisons, factors, health, lift, others, units, verdict
from pipelines.reporting.campaign.setting import audience, design, history, without_arm
from pipelines.reporting.campaign.store import Facts
from pipelines.reporting.document import Report


def compose(facts: Facts, tenant: str, sentences: Mapping[str, str], explained: Json | None) -> Report:
    """What is known of a campaign as one report."""
    campaign = facts.campaign
    results = [
        lift(facts),
        *factors(facts),
        money(facts),
        *others(facts),
        units(facts),
        *explanation(explained),
        health(facts),
    ]
    sections = [
        verdict(facts),
        advice(facts),
        *(results if facts.newest else [money(facts)]),
        *attributed(facts),
        design(facts),
        audience(facts, sentences),
        *without_arm(facts, sentences),
        *history(facts),
        definitions(),
        comparisons(facts),
        arms(facts),
    ]
    bare = [section.bare() for section in sections]
    return Report(
        "campaign", f"Campaign: {campaign['name']}", tenant, campaign["house"], campaign["campaign_id"], False, bare
    )
