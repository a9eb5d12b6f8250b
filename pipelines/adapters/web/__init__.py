"""Banners on web pages: a signed feed for each person, which a page fetches; no vendor stands between."""

from __future__ import annotations

from pathlib import Path

from pipelines.adapters.web.feed import BannerFeeds
from pipelines.delivery.ports import Channel


def web_channel(*, folder: Path, key: bytes) -> Channel:
    """The feeds in that folder, of one tenant."""
    return BannerFeeds(folder, key)
