"""A campaign brought to its approval without Airflow: the use cases that the tasks of `campaign_launch` call."""

from __future__ import annotations

from pipelines.console.jobs import LAUNCH
from pipelines.contracts import Json
from pipelines.experiments.run import fix_design
from pipelines.generation.run import Opened, draft, retrieve
from pipelines.review.run import ask_for_approval
from pipelines.safety.run import decide_audience, require_coverage, screen_campaign
from pipelines.segmentation.run import run as segment
from pipelines.services import Services

KIND = LAUNCH


def prepare(services: Services, opened: Opened, *, by: str) -> Json:
    """Segment, retrieve, draft, screen, decide on the audience, fix the design, and ask; a second run goes on."""
    tenant, campaign_id = opened.tenant, opened.campaign_id
    snapshot = segment(
        services.database, tenant=tenant, scheme=opened.scheme, clock=services.clock, campaign_id=campaign_id,
        as_of=opened.as_of, policies=services.settings.liftline_policies,
    )  # fmt: skip
    retrieve(services.studio, tenant, campaign_id, snapshot.snapshot_id)
    draft(services.studio, tenant, campaign_id, by=by)
    require_coverage(screen_campaign(services.checkpoint, tenant, campaign_id))
    decide_audience(services.gatehouse, tenant, campaign_id, by=by)
    fix_design(services.laboratory, tenant, campaign_id, by=by)
    ask_for_approval(services.board, tenant, campaign_id, by=by)
    return {"campaign_id": campaign_id}
