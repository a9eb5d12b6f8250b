"""Engagement in a real headless Chromium: from a campaign to the robots it met, to one message's whole story."""

import dataclasses
from datetime import timedelta

import pytest

from pipelines.engagement.run import feed, label
from pipelines.engagement.simulation.run import simulate
from tests.engagement.sent import send
from tests.plugins.test_browser import CHROMIUM, STICKING_OUT, address, chromium, visitor  # noqa: F401

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


@pytest.fixture
def campaign(console, database, tenant, tmp_path):
    services = console.state.console.services
    listener = dataclasses.replace(services.listener, simulations=tmp_path, keys=tmp_path / "keys")
    made = send(database, tenant, f"seen-{tenant}", 80, at=listener.clock() - timedelta(days=5))
    simulate(listener, tenant, made)
    label(listener, tenant)
    feed(listener, tenant)
    return made


@pytest.mark.parametrize("look", ["wide", "narrow"])
def test_from_a_campaign_to_a_message_s_story(visitor, campaign, look):  # noqa: F811
    page = visitor(f"olga-{look}", "operator", look=look)
    page.click("nav >> text=Engagement")
    page.click("text=Autumn")
    assert page.locator("h2:text-is('Robots, shown apart')").count() == 1
    robots = page.locator("section[aria-labelledby=robots]").inner_text()
    assert "Different links of one message were followed within seconds" in robots
    assert page.evaluate(STICKING_OUT) == []
    page.click(f"text={campaign}-m1 >> nth=0")
    assert page.locator("h1").inner_text() == "A message's story"
    assert page.locator("section, li").filter(has_text="Heard since").count() >= 1
    assert page.evaluate(STICKING_OUT) == []
    page.click("nav >> text=Engagement")
    page.click("text=Sender reputation")
    page.fill("input[name=domain]", "firm1.example.com")
    page.click("text=Show")
    assert page.locator("th:text-is('firm1.example.com')").count() > 0
    assert page.evaluate(STICKING_OUT) == []
