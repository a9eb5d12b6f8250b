"""Who sends push messages: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from pathlib import Path

from pipelines.adapters.channel_outbox import ChannelOutbox
from pipelines.adapters.push.notifications import objection
from pipelines.delivery.ports import Channel


def push_channel(provider: str, *, folder: Path, credentials: Path | None = None, base_url: str = "") -> Channel:
    """The channel of that name."""
    if provider == "fcm":
        from pipelines.adapters.push.fcm import Firebase
        from pipelines.adapters.push.google_sign_in import read_service_account

        assert credentials is not None
        return Firebase(read_service_account(credentials), base_url)
    return ChannelOutbox(folder, objection)
