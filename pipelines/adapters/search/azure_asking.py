"""Requests to Azure AI Search: tried again when the trouble may pass, and told in a sentence when it does not."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import structlog

from pipelines.adapters.patience import Patience, told_to_wait
from pipelines.contracts import Refusal

T = TypeVar("T")
log = structlog.get_logger(__name__)

PASSING = frozenset({408, 409, 422, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Place:
    """A search service and the index in it."""

    endpoint: str
    api_key: str = field(repr=False)
    index: str
    semantic: bool = True
    patience: Patience[None] = Patience(time.sleep, tries=7, longest_seconds=30, most_asked_for_seconds=120)

    def __post_init__(self) -> None:
        if urlsplit(self.endpoint).scheme not in ("http", "https") or not urlsplit(self.endpoint).hostname:
            raise Refusal("AZURE_SEARCH_ENDPOINT is no web address; set it to one that begins with https://.")
        if not re.fullmatch(r"[!-~]+", self.api_key):
            raise Refusal("AZURE_SEARCH_API_KEY has a character that no key has (a space?); copy the key again.")

    @property
    def host(self) -> str:
        """The address as a sentence may show it."""
        return str(urlsplit(self.endpoint).hostname)

    def ask(self, request: Callable[[], T]) -> T:
        """What the request brings, after as many tries as patience allows; what is wrong for good is a Refusal."""
        from azure.core.exceptions import AzureError, HttpResponseError

        tried = 0
        while True:
            tried += 1
            try:
                return request()
            except HttpResponseError as error:
                status = error.status_code or 0
                headers = getattr(error.response, "headers", {})
                trouble: AzureError = error
            except AzureError as error:
                status, headers, trouble = 0, {}, error
            if (status and status not in PASSING) or tried >= self.patience.tries:
                raise Refusal(self._sentence(status, tried)) from trouble
            self.wait(tried, headers, status)

    def wait(self, tried: int, headers: Mapping[str, str], status: int) -> None:
        """Leave the service alone for a while."""
        pause = self.patience.pause(tried, told_to_wait(headers, self.patience.clock()))
        log.info("asking again", service="search", status=status or None, tries=tried, seconds=round(pause, 2))
        self.patience.sleep(pause)

    def _sentence(self, status: int, tries: int) -> str:
        after = f" after {tries} tries" if tries > 1 else ""
        if status in (401, 403):
            return f"{self.host} does not accept the key ({status}); set AZURE_SEARCH_API_KEY to an admin key of it."
        if status == 404:
            return (
                f"{self.host} has no index {self.index}; check AZURE_SEARCH_ENDPOINT and AZURE_SEARCH_INDEX, or run "
                "`liftline knowledge index`, which makes it."
            )
        if status == 429:
            return f"{self.host} is asked too often (429){after}; ask again later, or add replicas to the service."
        if status == 400:
            return (
                f"{self.host} does not understand the request for the index {self.index} (400); if it was made for "
                "vectors of another length or by other software, set AZURE_SEARCH_INDEX to a new name, and where the "
                "plan has no semantic ranker, set AZURE_SEARCH_SEMANTIC to false."
            )
        if not status:
            return (
                f"{self.host} cannot be reached or broke off{after}; check the network to it and AZURE_SEARCH_ENDPOINT."
            )
        return f"{self.host} has a fault of its own ({status}){after}; look at Azure's status page and ask again later."
