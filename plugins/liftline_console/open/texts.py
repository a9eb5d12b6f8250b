"""What carriers of texts and WhatsApp post: answers and what became of messages, believed by their signature only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from hmac import compare_digest
from xml.sax.saxutils import escape

from fastapi import Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from liftline_console.flood import check_disbelieved
from liftline_console.guarding import open_router
from liftline_console.open.forms import small_form
from liftline_console.problems import Problem
from pipelines.delivery.wishes import run as wishes
from pipelines.engagement import run as engagement
from pipelines.engagement import statuses
from pipelines.services import Services

router = open_router()

PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


MESSAGE_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
MOST_BYTES = 1_000_000


@router.post("/webhooks/twilio")
async def answered(request: Request) -> Response:
    """Honour STOP, START and HELP; the answer is what Twilio sends back, if anything. Any other text is a reply."""
    services = request.app.state.console.services
    form = await _posted_by_twilio(request)
    said = dict(form)
    # Which words mean STOP is set at Twilio, in any language: where it has understood one, its verdict counts.
    text = said.get("OptOutType") or said.get("Body", "")
    # Twilio says no moment: it is that of the post.
    answer = statuses.Answer(said.get("From", ""), text, said.get("MessageSid", ""), services.clock())

    def honour() -> str | None:
        _check(request, form)
        # Where Twilio has answered by itself, it says which word it was.
        told = _understood(services, statuses.TWILIO, "sms", [answer], handled="OptOutType" in said)
        return told[0][1] if told else None

    sentence = await run_in_threadpool(honour)
    message = f"<Message>{escape(sentence)}</Message>" if sentence else ""
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>', media_type="text/xml")


@router.post("/webhooks/twilio/status")
async def told_by_twilio(request: Request) -> Response:
    """What became of a text; answered once that is stored, so that one that is unknown is settled by it."""
    services = request.app.state.console.services
    form = await _posted_by_twilio(request)
    message_id = request.query_params.get("message", "")

    def keep() -> None:
        _check(request, form)
        told = (
            statuses.of_twilio(dict(form), message_id, services.clock()) if MESSAGE_ID.fullmatch(message_id) else None
        )
        if told:
            engagement.hear_statuses(services.listener, statuses.TWILIO, [told])

    await run_in_threadpool(keep)
    return Response(status_code=204)


@router.get("/webhooks/whatsapp")
def set_up(request: Request) -> Response:
    """Meta asks once, when the webhook is set up, whether it is wanted here."""
    word, asked = request.app.state.console.services.settings.whatsapp_verify_token, request.query_params
    if word is None:
        raise Problem(404, "Nothing of WhatsApp is taken here; set WHATSAPP_VERIFY_TOKEN.")
    if not compare_digest(asked.get("hub.verify_token", "").encode(), word.get_secret_value().encode()):
        check_disbelieved(request)
        raise Problem(403, "That is not the word of WHATSAPP_VERIFY_TOKEN.")
    return Response(asked.get("hub.challenge", "")[:200], media_type="text/plain")


@router.post("/webhooks/whatsapp")
async def posted_by_meta(request: Request) -> Response:
    """What became of messages, and answers; both are kept before the post is answered."""
    services = request.app.state.console.services
    if services.settings.whatsapp_app_secret is None:
        raise Problem(404, "Nothing of WhatsApp is taken here; set WHATSAPP_APP_SECRET.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise Problem(413, f"A post may hold {MOST_BYTES:,} bytes at most.")

    def keep() -> list[tuple[statuses.Answer, str]]:
        book = services.wishes
        if not book.whatsapp_is_genuine(bytes(body), request.headers.get("X-Hub-Signature-256", "")):
            check_disbelieved(request)
            raise Problem(403, "The signature is not Meta's; check WHATSAPP_APP_SECRET.")
        try:
            content = json.loads(body)
        except ValueError as error:
            raise Problem(422, "The post is no JSON.") from error
        said = _understood(services, statuses.META, "whatsapp", statuses.answers_of(content, services.clock()))
        if told := statuses.of_meta(content):
            engagement.hear_statuses(services.listener, statuses.META, told)
        return said

    said = await run_in_threadpool(keep)
    return Response(status_code=204, background=BackgroundTask(_confirm, services, said) if said else None)


def _confirm(services: Services, said: list[tuple[statuses.Answer, str]]) -> None:
    """Meta takes no answer in the response to its post."""
    for answer, sentence in said:
        services.confirm_in_whatsapp(answer.phone, sentence, answer.text_id)


def _understood(
    services: Services, provider: str, channel: str, answers: Iterable[statuses.Answer], *, handled: bool = False
) -> list[tuple[statuses.Answer, str]]:
    """Honour the wishes among answers and keep the others as replies; what is to be said to whom."""
    tenants, said, replies = services.tenant_ids(), [], []
    for answer in answers:
        if not PHONE.fullmatch(answer.phone):
            continue
        if handled or wishes.says_a_wish(services.wishes, tenants, answer.text):
            sentence = wishes.answer_text(
                services.wishes, tenants, phone=answer.phone, text=answer.text, text_id=answer.text_id,
                handled=handled, channel=channel,
            )  # fmt: skip
            said += [(answer, sentence)] if sentence else []
        else:
            replies.append(answer)
    engagement.hear_replies(services.listener, provider, channel, replies)
    return said


async def _posted_by_twilio(request: Request) -> list[tuple[str, str]]:
    # The token of the settings, not the book: that a stranger's post is none must not cost a database.
    if request.app.state.console.services.settings.twilio_auth_token is None:
        raise Problem(404, "No texts are taken here; set TWILIO_AUTH_TOKEN.")
    return await small_form(request)


def _check(request: Request, form: list[tuple[str, str]]) -> None:
    services = request.app.state.console.services
    query = request.scope.get("query_string", b"").decode("latin-1")
    url = services.settings.liftline_public_url.rstrip("/") + request.scope["path"] + (f"?{query}" if query else "")
    if not services.wishes.text_is_genuine(url, form, request.headers.get("X-Twilio-Signature", "")):
        check_disbelieved(request)
        raise Problem(403, "The signature is not Twilio's; check TWILIO_AUTH_TOKEN and LIFTLINE_PUBLIC_URL.")
