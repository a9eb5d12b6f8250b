"""LinkedIn: a list of tasks for people. Nothing is sent by a machine there, for LinkedIn lets none do it."""

from __future__ import annotations

from pathlib import Path

from pipelines.adapters.linkedin.tasks import LinkedInTasks
from pipelines.delivery.ports import Channel


def linkedin_channel(*, folder: Path) -> Channel:
    """The lists in that folder."""
    return LinkedInTasks(folder)
