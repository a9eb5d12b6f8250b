"""Asking Azure AI Content Safety: several questions at once, each again if need be, and none once all would fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

import structlog

from pipelines.adapters.content_safety.azure_faults import Fault, UnreadableError, fault_of
from pipelines.adapters.content_safety.azure_place import Place
from pipelines.adapters.content_safety.azure_requests import VERSIONS, Request
from pipelines.adapters.content_safety.azure_sentences import sentence

if TYPE_CHECKING:
    from azure.ai.contentsafety import ContentSafetyClient
    from azure.core.rest import HttpResponse

log = structlog.get_logger(__name__)

MOST_BYTES = 100_000
# After so many requests in a row that no patience helped, the others would only wait to fail too.
ENOUGH_FAILURES = 5


def ask_all(place: Place, requests: Iterable[Request]) -> dict[Request, Any]:
    """What the service answered to each request, as JSON, or the Fault for which it did not."""
    # Imported before there are threads: the SDK's modules go in circles, and fall over each other when several begin.
    import azure.ai.contentsafety
    import azure.core.pipeline.transport  # noqa: F401

    asked = list(dict.fromkeys(requests))
    with _Round(place) as going, ThreadPoolExecutor(min(place.concurrency, len(asked)) or 1) as pool:
        return dict(zip(asked, pool.map(going.answer, asked), strict=True))


class _Round:
    """Requests from several threads, each with a client of its own: the SDK's transport may not be shared."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._own = threading.local()
        self._open = ExitStack()
        self._knowing = threading.Lock()
        self._over: dict[str, Fault] = {}
        self._failed: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()

    def __enter__(self) -> _Round:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def answer(self, request: Request) -> Any:
        """The answer, or the fault after as many tries as patience allows."""
        patience, tried = self._place.patience, 0
        while (over := self._over.get(request.operation)) is None:
            tried += 1
            answer = self._try(request)
            if not isinstance(answer, Fault):
                self._failed[request.operation] = 0
                return answer
            if not answer.passing or tried >= patience.tries:
                return self._given_up(request, answer, tried)
            pause = patience.pause(tried, answer.wait_seconds)
            log.info(
                "asking again", service="content_safety", trouble=answer.kind, tries=tried, seconds=round(pause, 2)
            )
            patience.sleep(pause)
        return over

    def _try(self, request: Request) -> Any:
        from azure.core.exceptions import AzureError

        patience = self._place.patience
        until = patience.stopwatch() + self._place.timeout_seconds
        try:
            return _read(self._send(request), lambda: patience.stopwatch() > until)
        except (AzureError, OSError, ValueError, UnreadableError) as error:
            return fault_of(error, patience.clock())

    def _send(self, request: Request) -> HttpResponse:
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        body = request.body(self._place.levels, self._place.blocklists)
        if request.operation == "text:analyze":
            # As a stream: the time-out then holds for the whole answer, and it is read more strictly than by the SDK.
            found: Any = self._client.analyze_text(body, stream=True, cls=lambda got, *_: got.http_response)
            return cast("HttpResponse", found)
        asked = {"api-version": VERSIONS[request.operation]}
        response = self._client.send_request(
            HttpRequest("POST", f"/{request.operation}", params=asked, json=body), stream=True
        )
        if response.status_code != 200:
            response.read()
            raise HttpResponseError(response=response)
        return response

    @property
    def _client(self) -> ContentSafetyClient:
        client: ContentSafetyClient | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = self._place.connect()
            with self._knowing:
                self._open.callback(client.close)
        return client

    def _given_up(self, request: Request, fault: Fault, tried: int) -> Fault:
        operation = request.operation
        with self._knowing:
            # What is wrong with one text says nothing of the next.
            self._failed[operation] = self._failed.get(operation, 0) + fault.passing
            if fault.hopeless or self._failed[operation] >= ENOUGH_FAILURES:
                self._over[operation] = fault
            new = (operation, fault.kind) not in self._told
            self._told.add((operation, fault.kind))
        if new:
            reason = sentence(fault.code, self._place)
            log.warning(reason, operation=operation, status=fault.status, said=fault.said, tries=tried)
        return fault


def _read(response: HttpResponse, too_late: Callable[[], bool]) -> Any:
    body = bytearray()
    with response:
        for part in response.iter_bytes():
            body += part
            if too_late():
                raise TimeoutError
            if len(body) > MOST_BYTES:
                raise UnreadableError
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableError from error
