"""A post is believed only if the provider's key signed exactly it, lately; anything odd is a refusal and no fault."""

import base64
from datetime import timedelta

import pytest

from pipelines.contracts import Refusal
from pipelines.engagement.signature import SIGNATURE, TIMESTAMP, Forged, sign, verify
from pipelines.engagement.simulation.keys import private_key, public_text
from tests.conftest import NOW

BODY = b'[{"event":"click"}]\r\n'


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return private_key(tmp_path_factory.mktemp("keys"))


def test_sendgrid_s_own_helper_signs_as_we_verify(key):
    from sendgrid.helpers.eventwebhook import EventWebhook

    headers = sign(key, BODY, NOW)
    theirs = EventWebhook(public_text(key))
    assert theirs.verify_signature(BODY.decode(), headers[SIGNATURE], headers[TIMESTAMP])
    verify(public_text(key), BODY, headers[SIGNATURE], headers[TIMESTAMP], NOW)
    pem = f"-----BEGIN PUBLIC KEY-----\n{public_text(key)}\n-----END PUBLIC KEY-----\n"
    verify(pem, BODY, headers[SIGNATURE], headers[TIMESTAMP], NOW + timedelta(hours=24))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"body": BODY.strip()}, "does not fit"),
        ({"signature": None}, "not signed"),
        ({"timestamp": None}, "not signed"),
        ({"signature": "no base64!"}, "not base64"),
        ({"signature": base64.b64encode(b"short").decode()}, "does not fit"),
        ({"signature": "é"}, "not base64"),
        ({"timestamp": "1"}, "does not fit"),
        ({"timestamp": "٣"}, "no time in seconds"),
        ({"now": NOW + timedelta(hours=26)}, "another time"),
        ({"now": NOW - timedelta(minutes=10)}, "another time"),
    ],
)
def test_anything_else_is_refused(key, change, sentence):
    headers = sign(key, BODY, NOW)
    told = {"body": BODY, "signature": headers[SIGNATURE], "timestamp": headers[TIMESTAMP], "now": NOW, **change}
    with pytest.raises(Forged, match=sentence):
        verify(public_text(key), **told)


def test_another_key_and_no_key(key, tmp_path):
    headers = sign(key, BODY, NOW)
    other = public_text(private_key(tmp_path))
    with pytest.raises(Forged):
        verify(other, BODY, headers[SIGNATURE], headers[TIMESTAMP], NOW)
    for text in ("", "AAAA", "no key at all"):
        with pytest.raises(Refusal, match="SENDGRID_WEBHOOK_PUBLIC_KEY"):
            verify(text, BODY, headers[SIGNATURE], headers[TIMESTAMP], NOW)
    assert (tmp_path / "private.pem").stat().st_mode & 0o077 == 0
