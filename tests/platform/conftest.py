"""What the tests of the platform share: a state folder of their own with a running database in it."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.services import Services
from pipelines.settings import Settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _forget_settings(patch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        patch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget_settings(monkeypatch)


@pytest.fixture(scope="session")
def platform_services() -> Iterator[Services]:
    """Services on an empty state folder, their server started; neither environment nor `.env` is read."""
    # A short path that PostgreSQL's own user may walk to; pytest's folders are closed to it.
    home = Path(tempfile.mkdtemp(prefix="ll-platform-"))
    home.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        _forget_settings(patch)
        settings = Settings(_env_file=None, liftline_home=home / "home", liftline_port=free_port())
    services = Services(settings)
    try:
        services.unmigrated_database  # noqa: B018
        yield services
    finally:
        if services.embedded:
            services.embedded.stop()
        shutil.rmtree(home, ignore_errors=True)
