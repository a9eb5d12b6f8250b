"""The pages of readers in a real headless Chromium that runs no script: stop, choose, by keyboard and at phone width.

`SCREENS=reports/screens pytest tests/plugins/test_browser_preferences.py` leaves a picture of every page.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.delivery.unsubscribing import token_for
from tests.plugins.test_browser import CHROMIUM, SCREENS, address, chromium  # noqa: F401
from tests.safety.guardrails.conftest import Scene

WIDE, NARROW = {"width": 1100, "height": 800}, {"width": 360, "height": 740}
# Text against what it stands on, as WCAG reckons it.
FAINT = """() => {
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => rgb.slice(0, 3).map(channel).reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const parsed = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (part) => {
    for (let one = part; one; one = one.parentElement) {
      const found = parsed(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const parts = document.querySelectorAll("h1, h2, p, a, button, legend, label, span, small, strong, select");
  return [...parts].filter((part) => {
    const [one, other] = [light(parsed(getComputedStyle(part).color)), light(behind(part))].sort((a, b) => b - a);
    return (one + 0.05) / (other + 0.05) < 4.5;
  }).map((part) => part.outerHTML.slice(0, 80));
}"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


@pytest.fixture
def open_page(chromium, address):  # noqa: F811
    """A fresh browser without scripts; what the content policy refuses fails the test."""
    opened, faults = [], []

    def visit(path, *, size=WIDE, scheme="light"):
        context = chromium.new_context(base_url=address, viewport=size, color_scheme=scheme, java_script_enabled=False)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        page.on("requestfailed", lambda request: faults.append(request.url))
        page.goto(path)
        return page

    yield visit
    for context in opened:
        assert context.cookies() == []
        context.close()
    assert faults == []


@pytest.fixture
def link(database, tenant, services):
    scene = Scene(database, tenant)
    scene.campaign(topic="offers")
    scene.rows("UPDATE campaigns SET brief = %s RETURNING 1", '{"topic": "Wool & linen"}')
    scene.person("c1")
    scene.person("c2", locale="de")

    def made(customer="c1", channel="email"):
        return token_for(services.link_key, tenant, customer, channel, "marketing", datetime.now(UTC), kind="customer")

    return made


def looked_at(page, name):
    """A picture where one is wanted; nothing sticks out and nothing is faint."""
    if SCREENS:
        Path(SCREENS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SCREENS}/{name}.png", full_page=True)
    width = page.viewport_size["width"]
    for part in page.query_selector_all("h1, p, fieldset, label, select, button"):
        box = part.bounding_box()
        assert box is None or box["x"] + box["width"] <= width + 1, part.inner_html()[:80]
    assert page.evaluate(FAINT) == []


def test_a_reader_stops_by_one_button(open_page, link):
    page = open_page(f"/u/{link()}")
    looked_at(page, "unsubscribe")
    page.click("text=Unsubscribe >> nth=-1")
    assert page.locator("h1").inner_text() == "You are unsubscribed"
    assert page.locator("[role=status]").count() == 1
    looked_at(page, "unsubscribed")
    page.click("text=Choose what else")
    assert page.locator("input[value=email]").is_disabled()
    looked_at(page, "preferences-stopped")


def test_a_reader_chooses_by_keyboard_alone(open_page, link):
    page = open_page(f"/p/{link()}")
    looked_at(page, "preferences")
    assert page.locator("input[name=way]:checked").count() == 4
    page.locator("input[name=way]").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_label("Once a week at most").check()
    page.get_by_label("About what?").select_option("Wool & linen")
    page.get_by_role("button", name="Save my choices").press("Enter")
    page.wait_for_selector("text=Your choices are saved")
    looked_at(page, "preferences-saved")
    assert not page.get_by_label("Text messages").is_checked()
    assert page.get_by_label("Once a week at most").is_checked()
    assert page.get_by_label("About what?").input_value() == "Wool & linen"
    page.reload()
    page.goto(page.url)
    assert not page.get_by_label("Text messages").is_checked(), "it was kept, not only shown"
    page.get_by_role("button", name="Stop all advertising").click()
    assert page.locator("input[name=way]:disabled").count() == 4
    looked_at(page, "preferences-nothing")


def test_at_phone_width_in_the_dark_and_in_the_reader_s_language(open_page, link):
    page = open_page(f"/p/{link('c2')}", size=NARROW, scheme="dark")
    assert page.locator("html").get_attribute("lang") == "de"
    looked_at(page, "preferences-phone-dark")
    for part in page.query_selector_all("button, select, .choice"):
        assert part.bounding_box()["height"] >= 44
    page = open_page(f"/u/{link('c2', 'sms')}", size=NARROW, scheme="dark")
    looked_at(page, "unsubscribe-phone-dark")
    page.click("text=Abmelden >> nth=-1")
    assert page.locator("h1").inner_text() == "Sie sind abgemeldet"


def test_a_link_that_does_not_work_says_so(open_page):
    page = open_page("/u/forged", size=NARROW)
    assert page.locator("h1").inner_text() == "This link does not work"
    looked_at(page, "refused")
