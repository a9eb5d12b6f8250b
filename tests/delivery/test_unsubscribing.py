"""Tokens: readable by nobody but us, and worth nothing once anything about them is changed."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import Refusal
from pipelines.delivery.link_key import kept_key
from pipelines.delivery.unsubscribing import EARLY, LIFE, REFUSED, Claim, TokenRefused, read_token, token_for

KEY, NOW = b"k" * 32, datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKEN = token_for(KEY, "acme", "ines@example.com", "email", "marketing", NOW, kind="customer")


def test_a_token_says_what_it_was_given_and_nobody_else_reads_it():
    assert read_token(KEY, TOKEN, NOW) == Claim("acme", "customer", "ines@example.com", "email", "marketing", NOW)
    shown = base64.urlsafe_b64decode(TOKEN + "==") + TOKEN.encode()
    assert not any(word in shown for word in (b"ines", b"example", b"acme", b"email", b"marketing"))
    assert token_for(KEY, "acme", "ines@example.com", "email", "marketing", NOW, kind="customer") == TOKEN
    assert set(TOKEN) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("AZaz09-_"))
def test_one_letter_changed_and_it_is_refused(at, letter):
    if TOKEN[at] != letter:
        with pytest.raises(TokenRefused):
            read_token(KEY, TOKEN[:at] + letter + TOKEN[at + 1 :], NOW)


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 2000, TOKEN + "A", TOKEN[:-1], TOKEN + "=", " " + TOKEN, "\x00"])
def test_what_is_no_token_is_refused_in_one_sentence(token):
    with pytest.raises(TokenRefused) as refusal:
        read_token(KEY, token, NOW)
    assert str(refusal.value) == REFUSED


def test_another_key_or_tenant_and_too_old_or_from_the_future_are_refused():
    for key, now, tenant in (
        (b"j" * 32, NOW, None),
        (KEY, NOW, "another"),
        (KEY, NOW + LIFE, None),
        (KEY, NOW - EARLY - timedelta(seconds=1), None),
    ):
        with pytest.raises(TokenRefused):
            read_token(key, TOKEN, now, tenant=tenant)
    assert read_token(KEY, TOKEN, NOW + LIFE - timedelta(seconds=1), tenant="acme")


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "home" / "link.key"
    assert kept_key(path) == kept_key(path)
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["link.key"]
    path.write_bytes(b"short")
    with pytest.raises(Refusal, match="restore it"):
        kept_key(path)
