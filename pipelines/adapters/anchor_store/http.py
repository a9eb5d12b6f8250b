"""Anchors in an object store: one PUT an anchor to an address that is signed for it, and nothing is ever written over.

What happens: an object that is there already is the same anchor, for its name holds its hash, so a PUT that was cut off
is simply put again. No answer, a throttle or any other status is refused in a sentence without the address, which is a
secret; the anchor stays in the folder and goes out with a later run.
"""

from __future__ import annotations

import httpx

from pipelines.contracts import Refusal

TIMEOUT_SECONDS = 20.0
NAME = "{name}"
# Azure Blob Storage asks what kind of object it is to make; others do not mind.
HEADERS = {"If-None-Match": "*", "x-ms-blob-type": "BlockBlob", "Content-Type": "application/json"}
THERE_ALREADY = (409, 412)


class HttpStore:
    """An `AnchorStore` at an address with `{name}` in it."""

    def __init__(self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        if NAME not in url or not url.startswith(("https://", "http://")):
            raise Refusal(
                f"LIFTLINE_ANCHORS_URL should begin with https:// and have {NAME} where an object's name goes."
            )
        self._url, self._timeout = url, timeout_seconds

    def put(self, name: str, content: bytes) -> None:
        """Keep one object, once and for all."""
        try:
            answer = httpx.put(self._url.replace(NAME, name), content=content, headers=HEADERS, timeout=self._timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = f"cannot be reached ({type(error).__name__})"
            raise Refusal(f"The store of anchors {why}; mend LIFTLINE_ANCHORS_URL or wait, nothing is lost.") from None
        if not answer.is_success and answer.status_code not in THERE_ALREADY:
            raise Refusal(f"The store of anchors answered {answer.status_code} to a PUT; mend LIFTLINE_ANCHORS_URL.")
