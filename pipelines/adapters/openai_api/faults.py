"""What went wrong with one request, told from the SDK's exceptions, and the sentence that says how to mend it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.patience import told_to_wait

Kind = Literal[
    "throttled", "quota", "unauthorized", "missing", "too_long", "filtered", "rejected", "broken", "timeout",
    "unreachable", "broken_off", "certificate",
]  # fmt: skip

PASSING: frozenset[Kind] = frozenset({"throttled", "broken", "timeout", "unreachable", "broken_off"})
# What holds for every other request too, so that asking on would only repeat it.
HOPELESS: frozenset[Kind] = frozenset({"quota", "unauthorized", "missing", "certificate"})
PASSING_STATUSES = frozenset({408, 409, 429, 500, 502, 503, 504})
OUT_OF_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
TOO_LONG = ("context_length_exceeded", "maximum context length", "string_above_max_length")
FILTERED = ("content_filter", "content_policy_violation")
# Said by what lies between, when the server behind it did not answer in time or broke off.
LOST_BEHIND = frozenset({502, 504, 520, 524})
_CODE = re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request failed. `words` are the server's own: they may repeat prompt or key, so nobody is shown them."""

    kind: Kind
    status: int | None = None
    code: str = ""
    param: str = ""
    words: str = field(default="", repr=False)
    wait_seconds: float | None = None
    request_id: str | None = None

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed a little later."""
        return self.kind in PASSING

    @property
    def surely_undone(self) -> bool:
        """Whether the server certainly did nothing, so that even what must not be done twice may be tried again."""
        return self.kind in ("throttled", "unreachable")

    @property
    def unheard(self) -> bool:
        """Whether the server may have done all of it, and charge for it, although no answer arrived."""
        return self.kind in ("timeout", "broken_off") or self.status in LOST_BEHIND

    @property
    def hopeless(self) -> bool:
        """Whether every other request would fail in the same way."""
        # A firewall that dislikes one prompt says 403 too.
        return self.kind in HOPELESS and self.status != 403


def fault_of(error: Exception, now: datetime) -> Fault:
    """The fault behind an exception of the SDK, or a time-out of ours."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, TimeoutError | APITimeoutError):
        return Fault("unreachable" if _never_connected(error) else "timeout")
    if isinstance(error, APIStatusError):
        return _of_status(error, now)
    if isinstance(error, APIConnectionError):
        return Fault(_of_connection(error))
    return Fault("rejected", code=type(error).__name__)


def _of_status(error: Any, now: datetime) -> Fault:
    status, headers, words = error.status_code, error.response.headers, error.response.text[:4000]
    code = str(error.code or error.type or "")
    return Fault(
        kind=_kind(status, code, words),
        status=status,
        code=code if _CODE.fullmatch(code) else "",
        param=str(error.param or ""),
        words=words,
        wait_seconds=told_to_wait(headers, now),
        request_id=request_id(headers),
    )


def fault_in(status: object, body: object, error: object) -> Fault:
    """The fault that a line of a batch tells, in its response or beside it."""
    inner = body.get("error") if isinstance(body, dict) else None
    told = inner if isinstance(inner, dict) else error if isinstance(error, dict) else {}
    code, words = str(told.get("code") or told.get("type") or ""), str(told.get("message") or "")
    known = status if isinstance(status, int) else None
    kind: Kind = _kind(known, code, words) if known else "broken"
    param = str(told.get("param") or "")
    return Fault(kind, known, code if _CODE.fullmatch(code) else "", param, words)


def _kind(status: int, code: str, words: str) -> Kind:
    if status == 429 and any(sign in f"{code} {words}" for sign in OUT_OF_CREDIT):
        return "quota"
    if status == 429:
        return "throttled"
    if status in (401, 403):
        return "unauthorized"
    if status == 404:
        return "missing"
    if status in (400, 413, 422) and (status == 413 or any(sign in f"{code} {words}" for sign in TOO_LONG)):
        return "too_long"
    if status == 400 and any(sign in code for sign in FILTERED):
        return "filtered"
    return "broken" if status in PASSING_STATUSES or status >= 500 else "rejected"


def _never_connected(error: Exception) -> bool:
    from httpx2 import ConnectTimeout, PoolTimeout

    return any(isinstance(one, ConnectTimeout | PoolTimeout) for one in _causes(error))


def _of_connection(error: Exception) -> Kind:
    from httpx2 import ConnectError, UnsupportedProtocol

    causes = list(_causes(error))
    if any(isinstance(one, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(one) for one in causes):
        return "certificate"
    if any(isinstance(one, ConnectError | UnsupportedProtocol) for one in causes):
        return "unreachable"
    return "broken_off"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def request_id(headers: Mapping[str, str]) -> str | None:
    """The id under which the vendor finds this request again."""
    return headers.get("x-request-id") or headers.get("apim-request-id")


def sentence(fault: Fault, endpoint: Endpoint, tries: int = 1) -> str:
    """What happened and which setting mends it; without the server's words, the prompt or the key."""
    after = f" after {tries} tries" if tries > 1 else ""
    said = " ".join(filter(None, (str(fault.status or ""), fault.code))) or "without a code"
    host, key, url = endpoint.host, endpoint.key_variable, endpoint.url_variable
    model = endpoint.model_variable
    return {
        "throttled": f"{host} says that there are too many requests ({said}){after}; lower OPENAI_CONCURRENCY (now "
        f"{endpoint.concurrency}), raise OPENAI_TRIES, or raise the rate limit of the account.",
        "quota": f"The account behind {key} has no credit left ({said}); top it up or raise its limit.",
        "unauthorized": f"{host} does not accept the key ({said}); set {key} to one that is valid for it.",
        "missing": f"{host} knows no {endpoint.served_as} there ({said}); check {model} and {url}.",
        "too_long": f"The request is longer than {endpoint.served_as} takes ({said}); lower knowledge.passages in the "
        f"brief, or set {model} to one that takes more.",
        "filtered": f"The content filter of {host} stopped the request ({said}); reword the brief or the passages "
        "that it objects to, or change the filter of the deployment.",
        "rejected": f"{host} does not understand the request ({said}); check that {model} can chat or embed as "
        f"asked and that {url} is right.",
        "broken": f"{host} has a fault of its own ({said}){after}; ask again later, or raise OPENAI_TRIES.",
        "timeout": f"{host} did not answer within {endpoint.timeout_seconds:g} s{after}; "
        "raise OPENAI_TIMEOUT_SECONDS, or ask again later.",
        "unreachable": f"{host} cannot be reached{after}; check that it runs and that {url} is its address.",
        "broken_off": f"{host} broke off in the middle of its answer{after}; check what lies between (a proxy?), "
        "and ask again.",
        "certificate": f"{host} shows a certificate that is not trusted; install its authority (SSL_CERT_FILE), or "
        f"check {url}.",
    }[fault.kind]
