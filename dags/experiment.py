"""Who gets what: the design is fixed before anybody is asked, and people get their arms once it is approved."""

from airflow.sdk import task
from house import triggered_by


@task
def design(campaign: dict, guarded: dict) -> dict:
    """Fix arms, shares, metrics and plan; what is approved includes them."""
    from pipelines.experiments.run import fix_design
    from pipelines.services import open_services

    designed = fix_design(open_services().laboratory, campaign["tenant"], guarded["campaign_id"], by=triggered_by())
    return {name: designed[name] for name in ("experiment_key", "design_hash", "power")}


@task
def assign(campaign: dict) -> dict:
    """Give everybody who may be written to an arm, or the code that says why they have none, and export that."""
    from pipelines.audit.run import export_campaign
    from pipelines.experiments.run import assign
    from pipelines.services import open_services

    services, whose = open_services(), (campaign["tenant"], campaign["campaign_id"])
    assigned = assign(services.laboratory, *whose, by=triggered_by())
    export_campaign(services.archive, *whose, services.audit_exports, by=triggered_by())
    return assigned
