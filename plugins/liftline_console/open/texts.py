"""Answers to text messages, as Twilio posts them: checked by its signature before anything is believed."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from liftline_console.guarding import open_router
from liftline_console.open.forms import small_form
from liftline_console.problems import Problem
from pipelines.delivery.wishes import run as wishes

router = open_router()

PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


@router.post("/webhooks/twilio")
async def answered(request: Request) -> Response:
    """Honour STOP, START and HELP; the answer is what Twilio sends back, if anything."""
    services = request.app.state.console.services
    # The token of the settings, not the book: that a stranger's post is none must not cost a database.
    if services.settings.twilio_auth_token is None:
        raise Problem(404, "No texts are taken here; set TWILIO_AUTH_TOKEN.")
    form = await small_form(request)
    query = request.scope.get("query_string", b"").decode("latin-1")
    url = services.settings.liftline_public_url.rstrip("/") + request.scope["path"] + (f"?{query}" if query else "")
    said = dict(form)

    def honour() -> str | None:
        book = services.wishes
        if not book.text_is_genuine(url, form, request.headers.get("X-Twilio-Signature", "")):
            raise Problem(403, "The signature is not Twilio's; check TWILIO_AUTH_TOKEN and LIFTLINE_PUBLIC_URL.")
        phone = said.get("From", "")
        if not PHONE.fullmatch(phone):
            return None
        return wishes.answer_text(
            book, services.tenant_ids(), phone=phone, text=said.get("Body", ""), text_id=said.get("MessageSid", ""),
            # Twilio has answered by itself and says which word it was.
            handled="OptOutType" in said,
        )  # fmt: skip

    sentence = await run_in_threadpool(honour)
    message = f"<Message>{escape(sentence)}</Message>" if sentence else ""
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>', media_type="text/xml")
