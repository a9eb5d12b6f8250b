"""Who sends WhatsApp messages: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.adapters.channel_outbox import ChannelOutbox
from pipelines.adapters.whatsapp.templates import LIMITS
from pipelines.delivery.ports import Channel

if TYPE_CHECKING:
    from pipelines.adapters.whatsapp.meta import Account


def whatsapp_channel(provider: str, *, folder: Path, account: Account | None = None) -> Channel:
    """The channel of that name."""
    if provider == "meta":
        from pipelines.adapters.whatsapp.meta import MetaCloud

        assert account is not None
        return MetaCloud(account)
    return ChannelOutbox(folder, LIMITS)
