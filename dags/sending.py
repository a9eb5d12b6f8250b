"""What follows an approval: everybody who was assigned a message is sent it, once."""

from airflow.sdk import task
from house import triggered_by


@task
def send(campaign: dict) -> dict:
    """Send what may be sent now; cleared or run again, it sends nothing twice and forgets nobody."""
    from pipelines.delivery.run import send_campaign
    from pipelines.services import open_services

    told = send_campaign(open_services().post_room, campaign["tenant"], campaign["campaign_id"], by=triggered_by())
    return {name: value for name, value in told.to_json().items() if isinstance(value, int | str)}
