"""Where OpenAI, Azure OpenAI or a compatible server is asked, and under which variables that was set."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from ssl import SSLContext
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipelines.contracts import Refusal

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI_URL = "https://api.openai.com/v1"
# A server without keys wants none, the SDK wants one.
NO_KEY = "none"
CONNECT_SECONDS = 10.0
_SENDABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model behind one address; with `azure_api_version` the address is an Azure OpenAI resource.

    `deployment` is the name that Azure knows the model by, when it is not the model's own; `model_variable` is where
    the name that is asked for was set.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    deployment: str | None = None
    model_variable: str = "OPENAI_MODEL"
    azure_api_version: str | None = None
    concurrency: int = 16
    timeout_seconds: float = 60.0

    def __post_init__(self) -> None:
        place = urlsplit(self.url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise Refusal(f"{self.url_variable} is no web address; set it to one that begins with https://.")
        if self.api_key is not None and not _SENDABLE.fullmatch(self.api_key):
            raise Refusal(
                f"{self.key_variable} has a character that no key has (a space, a quote?); copy the key again."
            )

    @property
    def url(self) -> str:
        """The address, OpenAI's own unless another is set."""
        return self.base_url or OPENAI_URL

    @property
    def host(self) -> str:
        """The address as a sentence may show it: without path, user or password."""
        place = urlsplit(self.url)
        return f"{place.hostname}:{place.port}" if place.port else str(place.hostname)

    @property
    def served_as(self) -> str:
        """The name to ask for: the deployment on Azure, else the model."""
        return self.deployment or self.model

    @property
    def url_variable(self) -> str:
        """The variable that holds the address."""
        return "AZURE_OPENAI_ENDPOINT" if self.azure_api_version else "OPENAI_BASE_URL"

    @property
    def key_variable(self) -> str:
        """The variable that holds the key."""
        return "AZURE_OPENAI_API_KEY" if self.azure_api_version else "OPENAI_API_KEY"

    def connect(self, at_once: int | None = None) -> AsyncOpenAI:
        """A client for one event loop and so many requests at once; it tries once, because the patience is ours."""
        from httpx2 import Limits
        from openai import AsyncAzureOpenAI, AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        timeout = Timeout(self.timeout_seconds, connect=min(CONNECT_SECONDS, self.timeout_seconds))
        most = self.concurrency + 4 if at_once is None else at_once
        limits = Limits(max_connections=most, max_keepalive_connections=most)
        http = DefaultAsyncHttpxClient(limits=limits, timeout=timeout, verify=_trusted())
        key = self.api_key or NO_KEY
        if self.azure_api_version:
            return AsyncAzureOpenAI(
                azure_endpoint=self.url,
                api_version=self.azure_api_version,
                api_key=key,
                timeout=timeout,
                max_retries=0,
                http_client=http,
            )
        return AsyncOpenAI(base_url=self.url, api_key=key, timeout=timeout, max_retries=0, http_client=http)


@cache
def _trusted() -> SSLContext:
    """Whom we trust, read once a process: reading it takes as long as many requests."""
    from httpx2 import create_ssl_context

    return create_ssl_context()
