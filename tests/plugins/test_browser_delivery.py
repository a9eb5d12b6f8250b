"""The delivery page in a real headless Chromium: it moves by itself, is paused, and what is in doubt is settled."""

import pytest

from pipelines.delivery.ports import Receipt
from tests.delivery.sending.conftest import Launch
from tests.plugins.test_browser import CHROMIUM, address, chromium, visitor

__all__ = ["address", "chromium", "visitor"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


def test_a_delivery_is_watched_paused_and_settled(visitor, database, tenant):  # noqa: F811
    launch = Launch(database, tenant)
    launch.launch()
    launch.queue()
    page = visitor("olga", "operator", look="narrow")
    page.click("nav >> text=Delivery")
    page.click("text=Spring")
    page.wait_for_selector(".tiles >> text=3 waiting")
    launch.channel.answer = lambda message: Receipt(message.message_id, "unknown", None, "timeout", "no answer")
    launch.go()
    page.wait_for_selector(".tiles >> text=3 in doubt", timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.fill("section[aria-labelledby=doubt] [name=reason]", "seen in the provider's log")
    page.click("text=/All \\d+ were sent|It was sent/")
    page.click("text=/All \\d+ were sent|It was sent/")
    page.wait_for_selector(".tiles >> text=3 accepted")
    page.fill("section[aria-labelledby=steer] [name=reason]", "wrong price")
    page.click("text=Pause it")
    page.wait_for_selector(".tag:text-is('paused')")
