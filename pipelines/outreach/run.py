"""Use cases of outreach, for the API."""

from pipelines.outreach import campaigns, decisions, messages, templates
from pipelines.outreach.messages import Wanted
from pipelines.outreach.ports import Chain, NotNow, Outreach, TooFast
from pipelines.outreach.store import Missing

__all__ = [
    "Chain", "Missing", "NotNow", "Outreach", "TooFast", "Wanted", "campaigns", "decisions", "messages", "templates",
]  # fmt: skip
