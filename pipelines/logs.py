"""Structured logs without secrets and without personal data: JSON lines for machines, readable for people."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO
from urllib.parse import unquote

import structlog
from pydantic import SecretStr
from structlog.types import EventDict, Processor, WrappedLogger

from pipelines.masking import Mask
from pipelines.settings import Settings

QUIET = {
    # Prints hundreds of lines while it is imported.
    "great_expectations._docs_decorators": logging.WARNING,
    # Says eight lines about itself before each migration.
    "alembic": logging.WARNING,
    # Tells of every property of mail clients that it does not know.
    "weasyprint": logging.ERROR,
    "weasyprint.progress": logging.WARNING,
    "fontTools": logging.WARNING,
    "presidio-analyzer": logging.WARNING,
    # These would say every address that is asked, query included.
    "azure": logging.WARNING,
    "httpx": logging.WARNING,
    "httpx2": logging.WARNING,
}


def configure_for(settings: Settings) -> None:
    """Set the log of this process up as its settings say, and mask every secret that they hold."""
    configure(settings.liftline_log_level, secrets_of(settings))


def secrets_of(settings: Settings) -> Iterator[str]:
    """Every secret that the settings hold, and of an address also what is secret in it by itself."""
    for _, value in settings:
        if isinstance(value, SecretStr):
            secret = value.get_secret_value()
            yield secret
            yield from _within(secret)


def _within(secret: str) -> Iterator[str]:
    if "://" in secret:
        # An address may be logged with a name in its place, and a password by itself, in either spelling.
        password = secret.partition("://")[2].rpartition("@")[0].partition(":")[2]
        yield from (password, unquote(password), secret.partition("{name}")[2])
    elif found := re.search(r"""\bpassword\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S+))""", secret):
        yield found[1] or found[2] or ""


def configure(level: str = "info", secrets: Iterable[str] = (), *, stream: TextIO | None = None) -> None:
    """Send structlog and every stdlib logger to stderr through one mask; may be called again."""
    out = stream or sys.stderr
    mask = Mask(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # To text before the mask: a renderer that formats exceptions itself would show their locals.
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                _masked_by(mask),
                _renderer(out),
            ],
        )
    )
    _route_everything_to(handler, level)


@dataclass(frozen=True, slots=True)
class MaskedRenderer:
    """What another renderer makes of an event, masked; lines of JSON stay lines of JSON."""

    render: Processor
    mask: Mask

    @classmethod
    def over(cls, render: Processor, mask: Mask) -> MaskedRenderer:
        """The renderer behind this mask and no earlier one."""
        return cls(render.render if isinstance(render, cls) else render, mask)

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> Any:
        """The line."""
        line = self.render(logger, method, event)
        if isinstance(line, bytes):
            return self._masked(line.decode("utf-8", "replace")).encode()
        return self._masked(str(line))

    def _masked(self, line: str) -> str:
        try:
            told = json.loads(line) if line.startswith("{") else None
        except ValueError:
            told = None
        if isinstance(told, dict):
            return json.dumps({name: self.mask.value(value, name) for name, value in told.items()}, ensure_ascii=False)
        return self.mask.text(line)


def _masked_by(mask: Mask) -> Processor:
    def masked(logger: WrappedLogger, method: str, event: EventDict) -> Mapping[str, Any]:
        return {mask.text(name): mask.value(content, name) for name, content in event.items()}

    return masked


def _renderer(out: TextIO) -> Processor:
    if out.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _route_everything_to(handler: logging.Handler, level: str) -> None:
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in list(logging.root.manager.loggerDict):
        known = logging.getLogger(name)
        # A logger that brought a handler of its own would pass the mask by.
        known.handlers = []
        known.propagate = True
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say that a line was lost; the standard way prints the arguments, unmasked."""
        self.stream.write(f'{{"event": "a log line could not be written", "logger": "{record.name}"}}\n')
