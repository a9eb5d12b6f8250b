"""Twilio, WhatsApp's Cloud API and FCM over real HTTP: each answers as its vendor does, counts, and fails when told to.

    with channel_server("twilio") as server:
        server.next(throttled("2"))
        ... TWILIO_BASE_URL=server.url, TWILIO_ACCOUNT_SID=SID, TWILIO_AUTH_TOKEN=KEY ...

What a vendor took stands in `taken`, also where its answer was lost on the way.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.doubles.content_safety_moods import Asked, Reply, said
from tests.doubles.local_server import serving
from tests.doubles.moody_server import MoodyHandler, MoodyServer

SID, KEY = "AC0123456789abcdef0123456789abcdef", "canary-channel-key"
PHONE_NUMBER_ID, PROJECT = "106540352242922", "lindhaven-app"
STOPPED_NUMBER, GONE_TOKEN = "+4915100000000", "gone-token"


class ChannelServer(MoodyServer):
    """`taken` holds what was accepted, in the order of arrival."""

    drip_seconds = 0.1

    def __init__(self, vendor: str) -> None:
        super().__init__(_Handler)
        self.answers = VENDOR_DOUBLES[vendor]
        self.taken: list[Any] = []
        self.tokens_given = 0
        self._counting = threading.Lock()

    def reply(self, asked: Asked) -> Reply:
        """The right answer, or what a mood makes of it; what the right answer takes is taken."""
        with self._counting:
            self.received.append(asked)
            mood = self.moods.pop(0) if self.moods and asked.operation != "/token" else None
            right = self.answers(self, asked)
            reply = mood(asked, right) if mood else right
            if right.status < 300 and (reply is right or reply.broken) and asked.operation != "/token":
                self.taken.append(asked.body)
        return reply


def _twilio(server: ChannelServer, asked: Asked) -> Reply:
    if asked.headers.get("authorization") != "Basic " + base64.b64encode(f"{SID}:{KEY}".encode()).decode():
        return _refusal(401, 20003)
    if asked.operation != f"/2010-04-01/Accounts/{SID}/Messages.json":
        return _refusal(404, 20404)
    form = asked.body
    if not form.get("Body") or not (form.get("From") or form.get("MessagingServiceSid")):
        return _refusal(400, 21602)
    if form["To"] == STOPPED_NUMBER:
        return _refusal(400, 21610)
    return said(201, {"sid": f"SM{len(server.taken):032x}", "status": "queued", "error_code": None})


def _refusal(status: int, code: int) -> Reply:
    return said(status, {"code": code, "message": "Refused.", "status": status})


def _meta(server: ChannelServer, asked: Asked) -> Reply:
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        return _meta_refusal(401, 190)
    content = asked.body
    if asked.operation != f"/{PHONE_NUMBER_ID}/messages" or content["messaging_product"] != "whatsapp":
        return _meta_refusal(400, 100)
    if content["type"] == "template":
        blanks = content["template"]["components"][0]["parameters"]
        if any("\n" in one["text"] or "    " in one["text"] for one in blanks):
            return _meta_refusal(400, 132018)
    if f"+{content['to']}" == STOPPED_NUMBER:
        return _meta_refusal(400, 131050)
    number = len(server.taken)
    return said(200, {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{number}"}]})


def _meta_refusal(status: int, code: int) -> Reply:
    return said(status, {"error": {"message": "Refused.", "type": "OAuthException", "code": code}})


def _fcm(server: ChannelServer, asked: Asked) -> Reply:
    if asked.operation == "/token":
        try:
            claims = jwt.decode(
                asked.body["assertion"], rsa_key().public_key(), algorithms=["RS256"], audience=f"{server.url}/token"
            )
        except jwt.PyJWTError:
            return said(400, {"error": "invalid_grant"})
        assert claims["scope"].endswith("firebase.messaging")
        server.tokens_given += 1
        return said(200, {"access_token": f"ya29.{server.tokens_given}", "expires_in": 3599, "token_type": "Bearer"})
    if asked.headers.get("authorization") != f"Bearer ya29.{server.tokens_given}":
        return _fcm_refusal(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")
    if asked.operation != f"/v1/projects/{PROJECT}/messages:send":
        return _fcm_refusal(404, "NOT_FOUND", None)
    if asked.body["message"]["token"] == GONE_TOKEN:
        return _fcm_refusal(404, "NOT_FOUND", "UNREGISTERED")
    return said(200, {"name": f"projects/{PROJECT}/messages/{len(server.taken)}"})


def _fcm_refusal(status: int, word: str, code: str | None) -> Reply:
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = [{"@type": kind, "errorCode": code}] if code else []
    return said(status, {"error": {"code": status, "status": word, "message": "Refused.", "details": details}})


VENDOR_DOUBLES: dict[str, Callable[[ChannelServer, Asked], Reply]] = {"twilio": _twilio, "meta": _meta, "fcm": _fcm}


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """The key of the service account, made for this run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def service_account(folder: Path, server: ChannelServer) -> Path:
    """The file that Google would give out, whose tokens this server gives."""
    pem = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    path = folder / "service-account.json"
    content = {"project_id": PROJECT, "client_email": "liftline@example.com", "token_uri": f"{server.url}/token"}
    path.write_text(json.dumps({**content, "private_key": pem}))
    return path


class _Handler(MoodyHandler):
    server: ChannelServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_form = "form" in self.headers.get("Content-Type", "")
        body = dict(parse_qsl(raw.decode())) if is_form else json.loads(raw)
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.reply(Asked(self.path, "", headers, body, raw))
        with suppress(OSError):
            self.send(reply)


def channel_server(vendor: str) -> AbstractContextManager[ChannelServer]:
    """The server, for as long as the block lasts."""
    return serving(ChannelServer(vendor))
