"""Text messages without an account: the outbox, under the rules of the vendors."""

from __future__ import annotations

from pathlib import Path

from pipelines.adapters.channel_outbox import ChannelOutbox
from pipelines.adapters.sms.numbers_and_segments import LIMITS, objection


def outbox(folder: Path) -> ChannelOutbox:
    """One JSON file a text."""
    return ChannelOutbox(folder, LIMITS, objection)
