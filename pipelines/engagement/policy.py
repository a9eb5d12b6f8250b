"""`bots.yaml`: the signs of a robot, their weights and how near is near; its hash names the version of the rules."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipelines.policy_files import read_policy
from pipelines.policy_files.words import Pattern

FILE = "bots.yaml"
SIGNS = (
    "hidden_link", "head_request", "scanner_agent", "scanner_network", "same_scan", "several_links", "most_links",
    "at_delivery", "soon_delivered", "shared_range", "scanning_domain", "scanned_before", "no_open", "odd_hour",
)  # fmt: skip


def _network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


Networks = list[Annotated[str, AfterValidator(_network)]]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[int, Field(ge=0, le=3600)]
Count = Annotated[int, Field(ge=2)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sign(_Part):
    """How much a sign says, and what it says in words."""

    weight: Share
    why: str


class Proxies(_Part):
    """How mail programs are known that fetch for a person."""

    agents: Pattern
    networks: Networks


class Scanners(_Part):
    """How programs are known that follow links by themselves."""

    agents: Pattern
    mail_programs: Pattern
    networks: Networks


class BotRules(_Part):
    """One version of the rules."""

    suspected_from: Share
    bot_from: Share
    signs: Mapping[str, Sign]
    several_links_within: Seconds
    at_delivery_within: Seconds
    soon_delivered_within: Seconds
    same_scan_within: Seconds
    most_links_from: Count
    shared_range_from: Count
    scanning_domain_from: Annotated[int, Field(ge=1)]
    scanning_domain_share: Share
    odd_hours: Annotated[list[Annotated[int, Field(ge=0, le=24)]], Field(min_length=2, max_length=2)]
    hidden_link_pattern: Pattern
    proxies: Proxies
    scanners: Scanners

    @model_validator(mode="after")
    def _whole(self) -> BotRules:
        if set(self.signs) != set(SIGNS):
            raise ValueError(f"signs must be exactly {', '.join(SIGNS)}")
        if self.suspected_from > self.bot_from:
            raise ValueError("suspected_from must not be above bot_from")
        if self.odd_hours[0] >= self.odd_hours[1]:
            raise ValueError("odd_hours should begin before they end, as [1, 4]")
        return self

    @cached_property
    def version(self) -> str:
        """The same rules, the same version, whatever comments stand beside them."""
        # The list of crawlers is a part of the rules.
        content = json.dumps([self.model_dump(mode="json"), version("crawler-user-agents")], sort_keys=True)
        return f"bots-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def read_bot_rules(policies: Path) -> BotRules:
    """The rules in the folder, or one refusal that names every mistake in them."""
    return read_policy(policies / FILE, BotRules, "rules about robots")
