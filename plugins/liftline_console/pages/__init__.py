"""The pages, one file each; a new one is a line here, which is also its place in the navigation."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from liftline_console.callers import Caller
from liftline_console.pages import (
    campaigns,
    compliance,
    customers,
    deliveries,
    engagement,
    home,
    insights,
    knowledge,
    marts,
    models,
    reports,
    review,
    segments,
    uploads,
    wizard,
)
from liftline_console.permissions import allowed


@dataclass(frozen=True, slots=True)
class Page:
    """A page (or several of one kind) and its entry in the navigation."""

    title: str
    path: str
    permission: str
    router: APIRouter

    def shown_to(self, caller: Caller) -> bool:
        """Whether the caller finds it in the navigation."""
        return allowed(self.permission, caller.roles)


# In the order in which a campaign goes through them.
PAGES = (
    Page("Home", "/", "home.read", home.router),
    Page("Upload", "/uploads", "uploads.read", uploads.router),
    Page("Customers", "/customers", "customers.read", customers.router),
    Page("Segments", "/segments", "segments.read", segments.router),
    Page("Knowledge", "/knowledge", "knowledge.read", knowledge.router),
    Page("New campaign", "/wizard", "campaigns.write", wizard.router),
    Page("Campaigns", "/campaigns", "campaigns.read", campaigns.router),
    Page("Review", "/review", "campaigns.read", review.router),
    Page("Delivery", "/deliveries", "campaigns.read", deliveries.router),
    Page("Engagement", "/engagement", "engagement.read", engagement.router),
    Page("Insights", "/insights", "insights.read", insights.router),
    Page("Models", "/models", "models.read", models.router),
    Page("Reports", "/reports", "reports.read", reports.router),
    Page("Marts", "/marts", "marts.read", marts.router),
    Page("Compliance", "/compliance", "audit.read", compliance.router),
)
