"""A campaign from its design over its approval to what became of it."""

from __future__ import annotations

import time
from functools import cache, cached_property
from typing import TYPE_CHECKING

from pipelines import accounts
from pipelines.contracts import Json
from pipelines.database import Connection
from pipelines.services.sending import Sending
from pipelines.settings import PROJECT

if TYPE_CHECKING:
    from pipelines.engagement.ports import Listener
    from pipelines.experiments.run import Laboratory
    from pipelines.generation.ports import Studio
    from pipelines.outreach.ports import Outreach
    from pipelines.reporting.ports import Newsroom
    from pipelines.review.ports import Board


class Campaigning(Sending):
    """What experiments, approvals, outreach, engagement and reports are given."""

    @cached_property
    def laboratory(self) -> Laboratory:
        """What experiments are given."""
        from pipelines.experiments.policy import read_experiment_policy
        from pipelines.experiments.run import Laboratory

        return Laboratory(self.database, read_experiment_policy(self.settings.liftline_policies), self.clock)

    @cached_property
    def board(self) -> Board:
        """What reviewing and approving are given: an edit is grounded by generation and screened by safety."""
        from pipelines.generation.run import editable, rewrite
        from pipelines.review.ports import Board, Rewritten
        from pipelines.safety.run import screen_variants, send_notices

        class Rewriter:
            def __init__(self, studio: Studio) -> None:
                self._studio = studio

            def editable(self, connection: Connection, variant_id: str) -> Json:
                return editable(connection, variant_id)

            def rewrite(
                self, connection: Connection, tenant: str, variant_id: str, wanted: Json, *, by: str
            ) -> Rewritten:
                made = rewrite(self._studio, connection, tenant, variant_id, wanted, by=by)
                before, after = ({place: one.text for place, one in m.sentences()} for m in (made.before, made.after))
                return Rewritten(made.variant_id, made.version, made.campaign_id, made.content_hash, before, after)

        return Board(
            database=self.database,
            policies=self.settings.liftline_policies,
            rewriting=Rewriter(self.studio),
            screening=lambda tenant, variants: screen_variants(self.checkpoint, tenant, variants),
            telling=lambda tenant: send_notices(self.checkpoint, tenant),
            today=self.today,
        )

    @cached_property
    def outreach(self) -> Outreach:
        """What campaigns and templates of the API are given."""
        from pipelines.chain import LaunchChain
        from pipelines.outreach.policy import read_outreach_policy
        from pipelines.outreach.ports import Outreach

        policies = self.settings.liftline_policies
        return Outreach(
            database=self.database,
            policy=read_outreach_policy(policies),
            chain=LaunchChain(
                lambda: self.studio,
                lambda: self.checkpoint,
                lambda: self.gatehouse,
                lambda: self.laboratory,
                lambda: self.board,
                lambda: self.post_room,
            ),
            clock=self.clock,
            sleep=time.sleep,
        )

    @cached_property
    def listener(self) -> Listener:
        """What hearing, judging and simulating events are given."""
        from pipelines.engagement.policy import read_bot_rules
        from pipelines.engagement.ports import Listener
        from pipelines.learning.policy import read_learning_policy

        settings = self.settings
        return Listener(
            database=self.database,
            read_rules=cache(lambda: read_bot_rules(settings.liftline_policies)),
            unclaimed=settings.liftline_reports / "quarantine" / "events",
            inbox=self.inbox,
            simulations=settings.liftline_reports / "simulations",
            keys=settings.liftline_home / "simulator",
            public_key=settings.sendgrid_webhook_public_key,
            receipts=self.link_key,
            read_answers_within=lambda: read_learning_policy(settings.liftline_policies).models.response.horizon,
            clock=self.clock,
        )

    @cached_property
    def newsroom(self) -> Newsroom:
        """What refreshing marts and building reports are given."""
        from pipelines.adapters.report_post import report_post
        from pipelines.adapters.report_post.folders import Shelf
        from pipelines.experiments.analysis.run import explain_campaign
        from pipelines.experiments.assigning import CODES
        from pipelines.reporting.ports import Newsroom
        from pipelines.safety.guardrails.reasons import REASONS

        settings = self.settings
        return Newsroom(
            database=self.database,
            project=PROJECT / "dbt",
            state=settings.liftline_home / "dbt",
            reports=settings.liftline_reports,
            alert=lambda sentence: self.alarm("_marts", sentence, link=settings.liftline_public_url),
            post=report_post(
                settings.notification_provider,
                outbox=settings.liftline_reports / "outbox",
                mailbox=accounts.notices_mailbox(settings),
            ),
            shelf=Shelf(),
            sentences={**{one.code: one.sentence for one in REASONS}, **dict(CODES.values())},
            explain=lambda tenant, key: explain_campaign(self.laboratory, tenant, key),
            clock=self.clock,
        )
