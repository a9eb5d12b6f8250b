"""The results of a campaign in a real browser: verdict, intervals, health, what became of the arms, and the report.

`SCREENS=reports/screens pytest tests/plugins/test_browser_results.py` leaves pictures.
"""

from pathlib import Path

import pytest

from pipelines.experiments.analysis.run import conclude
from pipelines.experiments.run import Laboratory
from tests.conftest import NOW
from tests.experiments.analysis.test_allocating import WEEK, begun, open_next
from tests.experiments.analysis.test_reading_out import LATER, happen, look, send_to, sent
from tests.experiments.conftest import POLICY, Scene
from tests.plugins.test_browser import CHROMIUM, LOOKS, SCREENS, STICKING_OUT, address, chromium, visitor
from tests.plugins.test_browser_experiments import BRIEF

__all__ = ["address", "chromium", "sent", "visitor"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


@pytest.fixture
def scene(database, tenant):
    made = Scene(Laboratory(database, POLICY, lambda: NOW), tenant)
    enter = made.enter
    made.enter = lambda **more: enter(**BRIEF, **more)
    return made


def test_waves_of_an_experiment_that_learns(visitor, scene):
    begun(scene, "staged")
    happen(scene, "clicked", ["friendly"], each=10)
    happen(scene, "clicked", ["professional", "direct"], each=25)
    open_next(scene, NOW + WEEK)
    send_to(scene, at=NOW + WEEK, waves=2)
    look(scene, as_of=NOW + WEEK)
    page = visitor("ada", "analyst")
    page.goto("/campaigns/winter-1/results")
    rows = page.locator("[aria-labelledby=waves] table >> nth=0 >> tbody tr")
    assert rows.count() == 2
    assert "still has time" in rows.nth(1).inner_text()
    assert page.locator("[aria-labelledby=waves] caption:has-text('inverse of its arm')").count() == 1
    page.goto("/campaigns/winter-1")
    assert "a wave opens once" in page.locator("#allocation").inner_text()


def test_results_from_the_campaign_page_to_the_report(visitor, sent):  # noqa: F811
    happen(sent, "clicked", ["friendly"], each=4)
    happen(sent, "clicked", ["professional", "direct"], each=20)
    happen(sent, "converted", ["friendly"], each=5, value=20)
    happen(sent, "converted", ["control", "professional", "direct"], each=20, value=20)
    page = visitor("olga", "operator")
    page.goto("/campaigns/winter-1")
    page.click("text=Results >> nth=-1")
    assert page.locator("text=Nothing was read out yet").is_visible()
    look(sent)
    conclude(sent.laboratory, sent.tenant, sent.campaign, by="ana", as_of=LATER)
    page.reload()
    assert page.locator("h2#verdict").inner_text().startswith("The winner is friendly")
    friendly = page.locator("[aria-labelledby=lift] tr:has(th:has-text('decides'))").first
    assert friendly.locator("td >> nth=0").inner_text() == "friendly"
    bar = friendly.locator("svg.good")
    zero, low = (float(bar.locator(part).get_attribute("x1")) for part in (".zero", ".range"))
    assert zero < low
    by_unit = page.locator("[aria-labelledby=lift] details td:text-is('loyal')").first
    assert not by_unit.is_visible()
    page.click("summary:has-text('By audience unit')")
    assert by_unit.is_visible()
    assert page.locator("[aria-labelledby=health] >> text=The arms hold what they should").count() == 1
    assert page.locator("[aria-labelledby=ended] tr:has-text('promoted')").count() == 1
    page.click("text=Write the report")
    page.wait_for_selector("text=Read it")
    with page.expect_download() as taken:
        page.click("[aria-labelledby=report] >> text=PDF")
    assert Path(taken.value.path()).read_bytes().startswith(b"%PDF")
    page.reload()
    explained = page.locator("[aria-labelledby=explained]")
    assert explained.locator("text=ideas for the next experiment").count() == 1
    drawn = explained.locator("img").first
    drawn.scroll_into_view_if_needed()
    page.wait_for_function("drawn => drawn.complete && drawn.naturalWidth > 0", arg=drawn.element_handle())
    page.click("text=Read it")
    assert page.locator("section#money svg").first.is_visible()
    seen = visitor("ada", "analyst")
    seen.goto("/campaigns/winter-1/results")
    assert seen.locator("text=Write it anew").count() == 0
    seen.click("summary:has-text('By audience unit')")
    for name, look_of in LOOKS.items():
        seen.set_viewport_size(look_of["viewport"])
        seen.emulate_media(color_scheme=look_of["color_scheme"])
        assert seen.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        assert seen.evaluate(STICKING_OUT) == [], name
        if SCREENS:
            seen.screenshot(path=f"{SCREENS}/results-{name}.png", full_page=True)
