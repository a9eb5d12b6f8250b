"""What follows an approval: everybody who was assigned a message is sent it, once."""

from airflow.sdk import Param, XComArg, task
from house import triggered_by

# How many tasks send at once: what one has claimed, no other finds, so that workers share a campaign.
SENDERS = Param(2, type="integer", minimum=1, maximum=16, title="Senders", description="Tasks that send at once.")


def sending(campaign: XComArg) -> tuple[XComArg, XComArg]:
    """Two tasks, queue → send, the second one mapped over the senders; the first one is put behind the approval."""
    queued = queue(campaign)
    return queued, send.partial(campaign=campaign).expand(sender=queued)


@task
def queue(campaign: dict, params: dict | None = None) -> list[int]:
    """Enter everybody who is to get a message into the ledger, once, and tell the senders to begin."""
    from pipelines.delivery.run import queue_campaign
    from pipelines.services import open_services

    queue_campaign(open_services().post_room, campaign["tenant"], campaign["campaign_id"], by=triggered_by())
    return list(range(1, (params or {})["senders"] + 1))


@task(pool="sending")
def send(campaign: dict, sender: int) -> dict:
    """Send what may be sent now; cleared or run again, it sends nothing twice and forgets nobody."""
    from pipelines.delivery.run import send_queued
    from pipelines.services import open_services

    told = send_queued(open_services().post_room, campaign["tenant"], campaign["campaign_id"], by=triggered_by())
    return {name: value for name, value in told.to_json().items() if isinstance(value, int | str)}
