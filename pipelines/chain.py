"""The steps of a launch one after the other, as outreach asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipelines.contracts import Json, Refusal

if TYPE_CHECKING:
    from pipelines.delivery.post import PostRoom
    from pipelines.delivery.steering import Turn
    from pipelines.experiments.run import Laboratory
    from pipelines.generation.briefs import Brief
    from pipelines.generation.ports import Studio
    from pipelines.review.ports import Board
    from pipelines.safety.checkpoint import Checkpoint
    from pipelines.safety.guardrails.run import Gatehouse

Row = dict[str, Any]
# `Names` of a brief holds no more; a request for more leads goes on in portions.
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LaunchChain:
    """What `outreach.ports.Chain` asks for; each step is opened when it is first needed."""

    studio: Callable[[], Studio]
    checkpoint: Callable[[], Checkpoint]
    gatehouse: Callable[[], Gatehouse]
    laboratory: Callable[[], Laboratory]
    board: Callable[[], Board]
    post_room: Callable[[], PostRoom]

    def checked(self, tenant: str, wanted: Json) -> tuple[Json, str]:
        """The wanted brief, complete, and its hash."""
        from pipelines.generation.briefs import brief_hash
        from pipelines.generation.rendering import require_fitting

        brand = self.studio().brand_of(tenant)
        brief = _as_brief({**wanted, "call_to_action": {"link": brand.website, **wanted["call_to_action"]}})
        require_fitting(brief, brand)
        return brief.model_dump(mode="json"), brief_hash(brief)

    def check_template(self, template: str) -> None:
        """Refuse a text with slots that nothing fills."""
        from pipelines.generation.own_words import check_own_words

        check_own_words(template)

    def snapshot(self, tenant: str, campaign_id: str) -> str:
        """The snapshot of the campaign, taken when it is first asked for."""
        from pipelines.generation import store
        from pipelines.segmentation.run import run

        studio = self.studio()
        with studio.database.transaction(tenant) as connection:
            campaign = store.campaign(connection, campaign_id)
        return run(
            studio.database, tenant=tenant, scheme=campaign["brief"]["audience"]["scheme"], clock=studio.clock,
            campaign_id=campaign_id, as_of=campaign["created_at"], policies=studio.policies,
        ).snapshot_id  # fmt: skip

    def write(
        self,
        tenant: str,
        campaign_id: str,
        snapshot_id: str,
        units: Sequence[str],
        *,
        by: str,
        template: str | None,
        context: str | None,
    ) -> Json:
        """Retrieve, draft and screen for these units."""
        from pipelines.generation import store
        from pipelines.generation.own_words import OwnWords
        from pipelines.generation.privacy import mask
        from pipelines.generation.run import draft, retrieve
        from pipelines.safety.run import screen_campaign

        studio = self.studio()
        with studio.database.transaction(tenant) as connection:
            brief = store.campaign(connection, campaign_id)["brief"]
        if context:
            # A model sees no personal data, whoever wrote it down.
            brief = {**brief, "goal": f"{brief['goal']} {mask(context, {}).text}"}
        for at in range(0, len(units), AT_ONCE):
            only = {**brief["audience"], "only": list(units[at : at + AT_ONCE])}
            retrieve(studio, tenant, campaign_id, snapshot_id, brief=_as_brief({**brief, "audience": only}))
        writing = (
            replace(studio, writer=OwnWords(studio.writer, template, studio.clock().date())) if template else studio
        )
        summary = draft(writing, tenant, campaign_id, by=by, brief=_as_brief(brief))
        screen_campaign(self.checkpoint(), tenant, campaign_id)
        waiting = {key: why for key, why in summary.waiting.items() if key.rpartition("/")[0] in set(units)}
        return {"drafted": summary.drafted, "blocked": summary.blocked, "waiting": waiting}

    def guard(self, tenant: str, campaign_id: str, *, by: str) -> None:
        """Decide for every customer of the audience whether they may be written to."""
        from pipelines.safety.guardrails.run import decide_audience

        decide_audience(self.gatehouse(), tenant, campaign_id, by=by)

    def ask_approval(self, tenant: str, campaign_id: str, *, by: str) -> Json:
        """Fix the design of the experiment and ask for approval of exactly what stands; where it stands now."""
        from pipelines.experiments.run import fix_design
        from pipelines.review.run import ask_for_approval

        fix_design(self.laboratory(), tenant, campaign_id, by=by)
        return ask_for_approval(self.board(), tenant, campaign_id, by=by).to_json()

    def assign(self, tenant: str, campaign_id: str, *, by: str) -> Json:
        """Give everybody who may be written to an arm; how many have which."""
        from pipelines.experiments.run import assign

        return assign(self.laboratory(), tenant, campaign_id, by=by)

    def deliver(self, tenant: str, campaign_id: str, *, by: str) -> Json:
        """Send what may be sent now of an approved campaign, once."""
        from pipelines.delivery.run import send_campaign

        return send_campaign(self.post_room(), tenant, campaign_id, by=by).to_json()

    def steer(self, tenant: str, campaign_id: str, turn: Turn, *, by: str) -> str:
        """Pause a campaign, let it go on or cancel it."""
        from pipelines.delivery.run import steer

        post = self.post_room()
        return steer(post.database, tenant, campaign_id, turn, by=by, reason="asked for over the API", now=post.clock())

    def filled(self, tenant: str, brief: Json, rows: Sequence[Row]) -> list[Row]:
        """Variants with their slots filled from the lead of each row; a slot that nothing fills stays as it is."""
        from pipelines.generation.briefs import Brief
        from pipelines.generation.showing import values_of

        if not rows:
            return []
        brand, wanted = self.studio().brand_of(tenant), Brief.model_validate(brief)
        return [{**row, **_filled(row, values_of(brand, wanted, row))} for row in rows]

    def templates(self, tenant: str, campaign_id: str) -> dict[str, Json]:
        """The variants of each unit as account-based systems take them."""
        from pipelines.generation.run import templates_of

        return templates_of(self.studio(), tenant, campaign_id)

    def approve_variant(self, tenant: str, variant_id: str, *, by: str, comment: str, seen: int | None) -> Json:
        """A person's yes to the newest version of a variant."""
        from pipelines.review.run import decide_variants

        told = {variant_id: seen} if seen else None
        return decide_variants(self.board(), tenant, [variant_id], "approve", by=by, comment=comment, seen=told)[0]

    def rate_variant(
        self,
        tenant: str,
        variant_id: str,
        *,
        by: str,
        rating: int | None,
        flags: Sequence[str],
        comment: str,
        seen: int | None,
    ) -> Json:
        """A person's feedback on the newest version of a variant."""
        from pipelines.review.run import rate_variants

        told = {variant_id: seen} if seen else None
        return rate_variants(
            self.board(), tenant, [variant_id], by=by, rating=rating, flags=flags, comment=comment, seen=told
        )[0]


def _as_brief(wanted: Json) -> Brief:
    from pipelines.generation.briefs import Brief

    try:
        return Brief.model_validate(wanted)
    except ValidationError as error:
        mistakes = [
            f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors(include_url=False)
        ]
        raise Refusal(f"The brief has mistakes; mend them: {'; '.join(mistakes)}.") from error


def _filled(row: Row, values: Mapping[str, str | None]) -> dict[str, str | None]:
    from pipelines.generation.slots import fill

    told: dict[str, str | None] = {}
    for name in ("subject", "body"):
        try:
            told[name] = fill(row[name], values) if row[name] else row[name]
        except Refusal:
            told[name] = row[name]
    return told
