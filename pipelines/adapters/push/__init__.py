"""Who sends push messages: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.adapters.channel_outbox import ChannelOutbox
from pipelines.adapters.push.notifications import LIMITS, objection
from pipelines.delivery.ports import Channel

if TYPE_CHECKING:
    from pipelines.adapters.push.fcm import Firebase


def firebase(credentials: Path, base_url: str) -> Firebase:
    """FCM for the service account in that file."""
    from pipelines.adapters.push.fcm import Firebase
    from pipelines.adapters.push.google_sign_in import read_service_account

    return Firebase(read_service_account(credentials), base_url)


def push_outbox(folder: Path) -> Channel:
    """Push messages without an account."""
    return ChannelOutbox(folder, LIMITS, objection)
