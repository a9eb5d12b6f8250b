"""A resource of Azure AI Content Safety: where it is, what it shall look for, and how patiently it is asked."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipelines.adapters.content_safety.azure_requests import Levels
from pipelines.adapters.patience import Patience
from pipelines.contracts import Refusal

if TYPE_CHECKING:
    from azure.ai.contentsafety import ContentSafetyClient

CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """A Content Safety resource, what it shall look for, and how it is asked."""

    endpoint: str
    api_key: str = field(repr=False)
    blocklists: tuple[str, ...] = ()
    levels: Levels = "four"
    prompt_shields: bool = False
    protected_material: bool = False
    groundedness: bool = False
    concurrency: int = 8
    timeout_seconds: float = 20.0
    patience: Patience[None] = Patience(time.sleep)

    def __post_init__(self) -> None:
        where = urlsplit(self.endpoint)
        if where.scheme not in ("http", "https") or not where.hostname:
            raise Refusal("AZURE_CONTENT_SAFETY_ENDPOINT is no web address; set it to one that begins with https://.")
        if not re.fullmatch(r"[!-~]+", self.api_key):
            raise Refusal(
                "AZURE_CONTENT_SAFETY_API_KEY has a character that no key has (a space?); copy the key again."
            )
        for name in self.blocklists:
            if not re.fullmatch(r"[\w.~-]{1,64}", name, re.ASCII):
                raise Refusal(
                    f"AZURE_CONTENT_SAFETY_BLOCKLISTS has {name!r}, which no blocklist can be called; give the names "
                    "as the Content Safety resource has them, with commas between."
                )

    @property
    def host(self) -> str:
        """The address as a sentence may show it: without path, user or password."""
        where = urlsplit(self.endpoint)
        return f"{where.hostname}:{where.port}" if where.port else str(where.hostname)

    def connect(self) -> ContentSafetyClient:
        """A client for one thread; it tries once, tells no log, and carries the key to nobody else."""
        from azure.ai.contentsafety import ContentSafetyClient
        from azure.core.credentials import AzureKeyCredential
        from azure.core.pipeline.policies import SansIOHTTPPolicy

        return ContentSafetyClient(
            self.endpoint.rstrip("/"),
            AzureKeyCredential(self.api_key),
            retry_total=0,
            permit_redirects=False,
            http_logging_policy=SansIOHTTPPolicy(),
            connection_timeout=min(CONNECT_SECONDS, self.timeout_seconds),
            read_timeout=self.timeout_seconds,
            # Small, or a server that drips would be noticed only when a whole block is there.
            connection_data_block_size=16,
        )
