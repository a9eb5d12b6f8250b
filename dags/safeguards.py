"""What stands between copy and approval: every variant is screened, and every customer decided upon."""

from airflow.sdk import task
from house import triggered_by


@task(pool="language_model")
def screen(campaign: dict, drafted: dict) -> dict:
    """Screen every variant, write the audit export and anchor it; fails unless all of them could be judged."""
    from pipelines.audit.run import export_campaign
    from pipelines.safety.run import require_coverage, screen_campaign
    from pipelines.services import open_services

    services, tenant, campaign_id = open_services(), campaign["tenant"], drafted["campaign_id"]
    coverage = screen_campaign(services.checkpoint, tenant, campaign_id)
    exported = export_campaign(services.archive, tenant, campaign_id, services.audit_exports, by=triggered_by())
    require_coverage(coverage)
    return {**coverage.to_json(), "audit_export": str(exported.folder)}


@task
def guard(campaign: dict, screened: dict) -> dict:
    """Decide for every customer of the audience whether they may be written to, and log it."""
    from pipelines.safety.run import decide_audience
    from pipelines.services import open_services

    gatehouse, campaign_id = open_services().gatehouse, screened["campaign_id"]
    return decide_audience(gatehouse, campaign["tenant"], campaign_id, by=triggered_by()).to_json()
