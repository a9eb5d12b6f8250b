"""A picture nobody can see reports who opened the mail; only our own may, and readers were told of it."""

from __future__ import annotations

from pipelines.safety.checks.images import is_dot
from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.links import host_of


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """A picture too small or hidden to be seen is loaded from a host of ours, or the mail is blocked."""
    strange = [
        image
        for image in context.page.images
        if (is_dot(image) or not image.seen) and host_of(image.url) not in context.allowed_hosts
    ]
    sentence = "A picture that nobody sees is loaded from elsewhere and would report who reads the mail."
    return tuple(
        Finding("tracking_pixels", "foreign_pixel", "block", sentence, shown(url))
        for url in dict.fromkeys(image.url for image in strange)
    )
