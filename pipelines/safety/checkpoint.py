"""What keeping screenings is given, and the version of everything that a text is held to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from pipelines.database import Database
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.policy import ScreeningPolicy
from pipelines.safety.ports import ContentSafety, Notifier
from pipelines.safety.queue_policy import QueuePolicy
from pipelines.safety.registry import checks_version


@dataclass(frozen=True, slots=True)
class BrandFacts:
    """What the checks must know of a tenant's brand; `frame_texts` is what its layout says, by language."""

    allowed_hosts: tuple[str, ...]
    sender_names: tuple[str, ...]
    own_contacts: tuple[str, ...]
    frame_texts: Mapping[str, tuple[str, ...]]

    def frame(self, locale: str) -> tuple[str, ...]:
        """What the layout says in that language; nothing where the brand has no words in it."""
        return self.frame_texts.get(locale) or self.frame_texts.get(locale.partition("-")[0], ())


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The database, the screen, the policies, who is told that something waits, and a clock."""

    database: Database
    screen: ContentSafety
    policy: ScreeningPolicy
    rules: HouseRules
    queue: QueuePolicy
    brand_of: Callable[[str], BrandFacts]
    notifier: Notifier
    public_url: str
    clock: Callable[[], datetime]


def policy_version(checkpoint: Checkpoint, tenant: str) -> str:
    """Changes with anything that a verdict depends on besides the text: a verdict of other judges counts no more.

    That is the policy, the house rules, the code of the checks, the brand that they compare with, and the screen with
    its model: what older weights let pass was never read by the newer ones.
    """
    screen = checkpoint.screen
    said = [checkpoint.policy.version, checkpoint.rules.version, checks_version(), screen.name, screen.version]
    exact = json.dumps([*said, asdict(checkpoint.brand_of(tenant))], sort_keys=True, ensure_ascii=False)
    return f"content-{hashlib.sha256(exact.encode()).hexdigest()[:16]}"
