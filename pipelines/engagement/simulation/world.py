"""How the people, mail programs and scanners of the simulator behave; all of it invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class World:
    """Chances between 0 and 1, times in seconds."""

    # The true effect of an arm: by how much its people click and buy more often, 0.2 for a fifth.
    lift: Mapping[str, float] = field(default_factory=dict)
    # The same for those of a segment, whatever their arm.
    segment_lift: Mapping[str, float] = field(default_factory=dict)
    hard_bounces: float = 0.015
    soft_bounces: float = 0.010
    opens: float = 0.40
    clicks_of_openers: float = 0.15
    buys: float = 0.03
    complains: float = 0.001
    unsubscribes: float = 0.004
    replies: float = 0.005
    # In the evening people click more often, by this much.
    evening: float = 0.25
    # What mail is read with: the rest reads it without anybody between.
    private_opens: float = 0.35
    image_proxies: float = 0.30
    # Gateways that follow links: how many of the recipients sit behind one, how many of these follow hidden links
    # too, how many come late, and how many name themselves.
    scanned: float = 0.20
    follows_hidden: float = 0.75
    slow_scanners: float = 0.15
    named_scanners: float = 0.25
    # What makes it hard: scanners that follow one link only, and people who click as soon as the mail is there, or
    # open several links at once.
    single_link_scanners: float = 0.20
    eager_people: float = 0.03
    tab_openers: float = 0.05
    links: tuple[str, ...] = ("action", "body1", "body2", "body3")
    duplicates: float = 0.05
    late: float = 0.03


BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
)
IMAGE_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
PRIVATE_OPEN = "Mozilla/5.0"
NAMED_SCANNER = "Barracuda Sentinel (EE)"
