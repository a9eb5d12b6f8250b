"""Who judges texts and people, and who is told."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import structlog

from pipelines import accounts
from pipelines.services.records import Records

if TYPE_CHECKING:
    from pipelines.safety.checkpoint import BrandFacts, Checkpoint
    from pipelines.safety.guardrails.run import Gatehouse
    from pipelines.safety.ports import ContentSafety, Notifier

log = structlog.get_logger(__name__)


class Safeguards(Records):
    """What screening, the guardrails and notices are given."""

    @cached_property
    def screen(self) -> ContentSafety:
        """Who judges how harmful a text is."""
        from pipelines.adapters.content_safety import content_safety

        if self.settings.content_safety_provider == "offline":
            return content_safety("offline")
        return content_safety("azure", accounts.azure_content_safety(self.settings))

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """What keeping screenings and the review queue are given."""
        from pipelines.safety.checkpoint import Checkpoint
        from pipelines.safety.house_rules import read_house_rules
        from pipelines.safety.policy import read_screening_policy
        from pipelines.safety.queue_policy import read_queue_policy

        settings = self.settings
        return Checkpoint(
            database=self.database,
            screen=self.screen,
            policy=read_screening_policy(settings.liftline_policies),
            rules=read_house_rules(settings.liftline_policies),
            queue=read_queue_policy(settings.liftline_policies),
            brand_of=self._brand_facts,
            notifier=self.notifier,
            public_url=settings.liftline_public_url,
            clock=self.clock,
        )

    def _brand_facts(self, tenant: str) -> BrandFacts:
        from pipelines.safety.checkpoint import BrandFacts

        brand = self._brand_of(tenant)
        ours = (brand.name, *filter(None, [brand.tagline]))
        return BrandFacts(
            allowed_hosts=brand.allowed_hosts,
            sender_names=(brand.name, brand.sender.name, brand.sender.company),
            own_contacts=(),
            frame_texts={said.locale: (*ours, *said.texts) for said in brand.languages},
        )

    @cached_property
    def gatehouse(self) -> Gatehouse:
        """What the guardrails are given."""
        from pipelines.generation.personas import read_personas
        from pipelines.safety.guardrails.policy import read_guardrail_policies
        from pipelines.safety.guardrails.run import Gatehouse

        return Gatehouse(
            database=self.database,
            policies=read_guardrail_policies(self.settings.liftline_policies),
            personas=read_personas(self.settings.liftline_policies).columns(),
            clock=self.clock,
        )

    @cached_property
    def notifier(self) -> Notifier:
        """Who tells people that something waits for them."""
        from pipelines.adapters.notification import notifier

        settings = self.settings
        webhook = settings.slack_webhook_url
        return notifier(
            settings.notification_provider,
            folder=settings.liftline_reports / "notices",
            webhook=webhook.get_secret_value() if webhook else "",
            mailbox=accounts.notices_mailbox(settings),
        )

    def alarm(self, about: str, sentence: str, *, link: str) -> None:
        """Tell people at once that something broke which is no single tenant's."""
        from pipelines.safety.ports import Alarm, NotDelivered

        try:
            self.notifier.tell(Alarm(about, "operations", None, 1, 1, self.clock(), link, sentence))
        except NotDelivered as fault:
            # What broke fails by its own sentence: that must not be hidden by a second one.
            log.warning("alarm_not_delivered", why=str(fault))
