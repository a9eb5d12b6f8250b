"""Who sends text messages: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.delivery.ports import Channel

if TYPE_CHECKING:
    from pipelines.adapters.sms.twilio import Account


def sms_channel(provider: str, *, folder: Path, account: Account | None = None) -> Channel:
    """The channel of that name."""
    if provider == "twilio":
        from pipelines.adapters.sms.twilio import Twilio

        assert account is not None
        return Twilio(account)
    from pipelines.adapters.sms.offline import outbox

    return outbox(folder)
