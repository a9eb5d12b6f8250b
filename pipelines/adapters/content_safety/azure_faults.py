"""What went wrong with one request to Azure AI Content Safety, told from the SDK's exceptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipelines.adapters.patience import told_to_wait

Kind = Literal[
    "throttled", "broken", "timeout", "unreachable", "broken_off", "unreadable", "certificate", "unauthorized",
    "forbidden", "missing", "rejected",
]  # fmt: skip

PASSING: frozenset[Kind] = frozenset({"throttled", "broken", "timeout", "unreachable", "broken_off", "unreadable"})
# What holds for every other text too; a firewall that dislikes one text says 403.
HOPELESS: frozenset[Kind] = frozenset({"unauthorized", "missing", "certificate"})
_STATUSES: Mapping[int, Kind] = {
    401: "unauthorized",
    403: "forbidden",
    404: "missing",
    408: "timeout",
    429: "throttled",
}
_NAME = re.compile(r"[\w.-]{1,60}")


class UnreadableError(Exception):
    """The service said 200 and then nothing that can be read."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request brought no answer; of the service's own words only its name for the trouble."""

    kind: Kind
    status: int | None = None
    said: str = ""
    wait_seconds: float | None = None

    @property
    def code(self) -> str:
        """The reason as verdicts carry it."""
        return f"azure_{self.kind}"

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed a little later."""
        return self.kind in PASSING

    @property
    def hopeless(self) -> bool:
        """Whether every other request of its kind would fail in the same way."""
        return self.kind in HOPELESS


def fault_of(error: Exception, now: datetime) -> Fault:
    """The fault behind an exception of the SDK, or one of ours while its answer was read."""
    from azure.core.exceptions import (
        HttpResponseError,
        ServiceRequestError,
        ServiceRequestTimeoutError,
        ServiceResponseTimeoutError,
    )

    if isinstance(error, UnreadableError):
        return Fault("unreadable", 200)
    if isinstance(error, TimeoutError | ServiceRequestTimeoutError | ServiceResponseTimeoutError):
        return Fault("timeout")
    if isinstance(error, HttpResponseError) and error.status_code:
        return _of_status(error.status_code, error, now)
    if isinstance(error, ServiceRequestError):
        return Fault("certificate" if "CERTIFICATE_VERIFY" in str(error) else "unreachable")
    return Fault("broken_off")


def _of_status(status: int, error: Exception, now: datetime) -> Fault:
    kind: Kind = _STATUSES.get(status, "broken" if status >= 500 else "rejected")
    said = str(getattr(getattr(error, "error", None), "code", "") or "")
    headers = getattr(getattr(error, "response", None), "headers", {})
    return Fault(kind, status, said if _NAME.fullmatch(said) else "", told_to_wait(headers, now))
