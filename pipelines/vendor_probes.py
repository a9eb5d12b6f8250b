"""One cheap question to each chosen vendor, and what to set when the answer is no; a key is never repeated."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from pipelines.contracts import Probe
from pipelines.settings import Settings

PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Vendor:
    """Where a vendor is asked, and by which variables its address and key are set."""

    endpoint_variable: str
    key_variable: str
    path: str
    header: str
    prefix: str = ""
    default: str = ""
    # A setting that stands in the path, and one that with the key makes a name and a password.
    named: str = ""
    user: str = ""


OPENAI = Vendor(
    "OPENAI_BASE_URL", "OPENAI_API_KEY", "/models", "Authorization", "Bearer ", default="https://api.openai.com/v1"
)
AZURE_OPENAI = Vendor(
    "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "/openai/models?api-version=2024-10-21", "api-key"
)
VENDORS = {
    ("language_model", "openai"): OPENAI,
    ("embedding", "openai"): OPENAI,
    ("embedding", "azure"): AZURE_OPENAI,
    ("search", "azure"): Vendor(
        "AZURE_SEARCH_ENDPOINT", "AZURE_SEARCH_API_KEY", "/servicestats?api-version=2024-07-01", "api-key"
    ),
    ("content_safety", "azure"): Vendor(
        "AZURE_CONTENT_SAFETY_ENDPOINT",
        "AZURE_CONTENT_SAFETY_API_KEY",
        "/contentsafety/text/blocklists?api-version=2023-10-01",
        "Ocp-Apim-Subscription-Key",
    ),
    ("email", "sendgrid"): Vendor("SENDGRID_BASE_URL", "SENDGRID_API_KEY", "/v3/scopes", "Authorization", "Bearer "),
    ("sms", "twilio"): Vendor(
        "TWILIO_BASE_URL", "TWILIO_AUTH_TOKEN", "/2010-04-01/Accounts/{}.json", "Authorization", "Basic ",
        named="TWILIO_ACCOUNT_SID", user="TWILIO_ACCOUNT_SID",
    ),
    ("whatsapp", "meta"): Vendor(
        "WHATSAPP_BASE_URL", "WHATSAPP_TOKEN", "/{}?fields=id", "Authorization", "Bearer ",
        named="WHATSAPP_PHONE_NUMBER_ID",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """A GET that only a valid key answers well."""

    service: str
    provider: str
    vendor: Vendor
    endpoint: str
    key: SecretStr | None
    named: str = ""
    user: str = ""

    @property
    def url(self) -> str:
        """The whole address."""
        return self.endpoint.rstrip("/") + self.vendor.path.replace("{}", self.named)


def question_for(service: str, settings: Settings) -> Question | None:
    """What to ask the vendor chosen for `service`; None for an offline twin."""
    provider = getattr(settings, f"{service}_provider")
    if provider == "offline":
        return None
    vendor = VENDORS[service, provider]
    if vendor is OPENAI and settings.azure_openai_endpoint:
        vendor = AZURE_OPENAI
    endpoint = getattr(settings, vendor.endpoint_variable.lower()) or vendor.default
    key = getattr(settings, vendor.key_variable.lower())
    named, user = (getattr(settings, name.lower()) if name else "" for name in (vendor.named, vendor.user))
    return Question(service, provider, vendor, endpoint, key, named, user)


def ask_all(questions: Iterable[Question]) -> list[Probe]:
    """Ask all at once; none takes longer than five seconds in all."""

    async def together() -> list[Probe]:
        return list(await asyncio.gather(*(_ask(question) for question in questions)))

    return asyncio.run(together())


async def _ask(question: Question) -> Probe:
    try:
        headers = _headers(question)
        # The whole exchange, not only each read: a server that drips would keep httpx's own timeout waiting.
        async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
            answer = await client.get(question.url, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError, ValueError) as error:
        detail, remedy = _of_failure(question, error)
        return _probe(question, False, detail, remedy)
    if answer.is_success:
        return _probe(question, True, f"{_place(question)} answers and accepts the key")
    return _probe(question, False, f"{_place(question)} answers {answer.status_code}", _of_status(question, answer))


def _headers(question: Question) -> dict[str, str]:
    if question.key is None:
        return {}
    key = question.key.get_secret_value()
    if question.user:
        key = base64.b64encode(f"{question.user}:{key}".encode()).decode()
    return {question.vendor.header: question.vendor.prefix + key}


def _probe(question: Question, healthy: bool, detail: str, remedy: str = "") -> Probe:
    return Probe(question.service, question.provider, healthy, detail, remedy)


def _of_status(question: Question, answer: httpx.Response) -> str:
    status = answer.status_code
    if status in (401, 403):
        return f"The key is not accepted; set {question.vendor.key_variable} to one that is valid for this service."
    if status == 429:
        return f"Too many requests; wait, or raise the quota of the account behind {question.vendor.key_variable}."
    if status >= 500:
        return "The service has a fault of its own; look at the vendor's status page and ask again later."
    return f"There is no such service there; check the address in {question.vendor.endpoint_variable}."


def _of_failure(question: Question, error: Exception) -> tuple[str, str]:
    place, variable = _place(question), question.vendor.endpoint_variable
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return (
            f"{place} does not answer within {PATIENCE_SECONDS:.0f} s",
            f"Check the network to it, and {variable}.",
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return "the address is no URL", f"Set {variable} to a whole address that begins with https://."
    if isinstance(error, httpx.LocalProtocolError | UnicodeError):
        return (
            "the key cannot be sent",
            f"{question.vendor.key_variable} has a character that no key has (a line end, a quote?); copy it again.",
        )
    if _is_about_certificates(error):
        return (
            f"{place} shows a certificate that is not trusted",
            f"Install the authority's certificate (SSL_CERT_FILE), or check {variable}.",
        )
    if isinstance(error, httpx.ConnectError):
        return f"{place} cannot be reached", f"Check that it runs and that {variable} is its address."
    return (
        f"{place} broke off in the middle of its answer",
        f"Check what lies between (a proxy?) and that {variable} speaks HTTP; ask again.",
    )


def _is_about_certificates(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _place(question: Question) -> str:
    """The host asked; never the whole address, which may hold a password."""
    try:
        address = httpx.URL(question.url)
    except httpx.InvalidURL:
        return "the service"
    return f"{address.host}:{address.port}" if address.port else address.host
