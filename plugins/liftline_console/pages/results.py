"""The results of a campaign's experiment: the verdict, every metric with its interval, health, and the report."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.intervals import TONES, by_metric, effects
from liftline_console.permissions import allowed, needs
from liftline_console.problems import missing
from liftline_console.rendering import page
from pipelines.experiments.analysis.run import results as newest_results
from pipelines.experiments.run import find
from pipelines.reporting import run as reporting
from pipelines.review import browsing

router = page_router()
CampaignId = Annotated[str, Path(max_length=200)]


@router.get("/campaigns/{campaign_id}/results")
def results(
    request: Request, caller: Annotated[Caller, needs("campaigns.read")], campaign_id: CampaignId
) -> HTMLResponse:
    """What came out of one campaign, by its newest read-out."""
    services = request.app.state.console.services
    row = browsing.campaign(services.database, caller.tenant, campaign_id)
    if row is None:
        raise missing("such campaign")
    experiment = find(services.laboratory, caller.tenant, campaign_id)
    told = newest_results(services.laboratory, caller.tenant, experiment["experiment_key"]) if experiment else None
    compared, currency = (told["comparisons"], told.get("currency")) if told else ([], None)
    return page(
        request,
        "results.html",
        title=f"Results of {row['name']}",
        row=row,
        experiment=experiment,
        told=told,
        tones=TONES,
        metrics=by_metric(compared, segments=False, currency=currency),
        segments=by_metric(compared, segments=True, currency=currency),
        factors=effects(told.get("factors", []), told["design"]["primary_metric"], currency) if told else [],
        explained=reporting.explanation_of(services.newsroom, caller.tenant, campaign_id),
        attributed=reporting.attributed(services.newsroom, caller.tenant, campaign_id),
        report=reporting.report_of(services.newsroom, caller.tenant, campaign_id),
        may_write=allowed("campaigns.write", caller.roles),
    )


@router.get("/campaigns/{campaign_id}/results/{section}.svg")
def chart(
    request: Request,
    caller: Annotated[Caller, needs("campaigns.read")],
    campaign_id: CampaignId,
    section: Annotated[str, Path(max_length=40)],
    look: Annotated[Literal["light", "dark"], Query()] = "light",
) -> Response:
    """The chart of one section that explains the results."""
    newsroom = request.app.state.console.services.newsroom
    drawn = reporting.chart_of(newsroom, caller.tenant, campaign_id, section, dark=look == "dark")
    if drawn is None:
        raise missing("such chart")
    return Response(drawn, media_type="image/svg+xml")


@router.post("/campaigns/{campaign_id}/report", status_code=204)
def write_report(
    request: Request, caller: Annotated[Caller, needs("campaigns.write")], campaign_id: CampaignId
) -> None:
    """Write the report of the campaign as things stand now."""
    newsroom = request.app.state.console.services.newsroom
    reporting.campaign_report(newsroom, caller.tenant, campaign_id, by=caller.name)
