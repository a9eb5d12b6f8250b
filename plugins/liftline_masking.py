"""Liftline's mask over what every process of Airflow logs, and over what their tasks do."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import structlog
from airflow.configuration import conf
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk.log import mask_secret

from pipelines.contracts import Refusal
from pipelines.logs import MaskedRenderer, secrets_of
from pipelines.masking import Mask
from pipelines.settings import load_settings


def mask_logs() -> None:
    """Mask what this process writes from now on; called again after Airflow set its log up anew."""
    secrets = list(_secrets())
    # The supervisor of a task writes its log, and forgets what it was told before the task began.
    for secret in secrets:
        mask_secret(secret)
    mask = Mask(secrets)
    processors: Any = structlog.get_config()["processors"]
    # In the list itself, for loggers that were used already keep it.
    processors[-1:] = [MaskedRenderer.over(processors[-1], mask)]
    for handler in logging.getLogger().handlers:
        formatter = handler.formatter
        if isinstance(formatter, structlog.stdlib.ProcessorFormatter):
            *before, last = formatter.processors
            formatter.processors = (*before, MaskedRenderer.over(last, mask))


def _secrets() -> Iterator[str]:
    """Ours, and those of Airflow's own configuration: its database and its keys."""
    # Told by the first task or page that needs the settings; Airflow's own are masked all the same.
    with suppress(Refusal):
        yield from secrets_of(load_settings())
    for section, option in conf.sensitive_config_values:
        if value := conf.get(section, option, fallback="", suppress_warnings=True):
            yield value


class Listener:
    """Hears when a part of Airflow, or a task, begins."""

    @hookimpl
    def on_starting(self, component: Any) -> None:
        """Mask."""
        mask_logs()


class LiftlineMaskingPlugin(AirflowPlugin):
    """Masks where plugins are loaded, as by the API server, and where something begins, as in a task."""

    name = "liftline masking"
    listeners = [Listener()]

    @classmethod
    def on_load(cls, *_: Any, **__: Any) -> None:
        """Mask."""
        mask_logs()
