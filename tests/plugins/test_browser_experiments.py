"""The experiment of a campaign in a real browser and over the API: its design, its power, and who has which arm."""

import pytest

from pipelines.experiments.run import Laboratory
from tests.conftest import NOW
from tests.experiments.conftest import POLICY, Scene
from tests.plugins.test_browser import CHROMIUM, LOOKS, STICKING_OUT, address, chromium, visitor

__all__ = ["address", "chromium", "visitor"]

BRIEF = {
    "goal": "Sell Wool throws", "value_proposition": "Warm evenings.", "tone": "warm", "offer": None, "budget_usd": "5",
    "call_to_action": {"text": "See them", "link": "https://www.lindhaven.example/products/wool-throw"},
}  # fmt: skip


@pytest.fixture
def scene(database, tenant):
    made = Scene(Laboratory(database, POLICY, lambda: NOW), tenant)
    made.enter(**BRIEF)
    return made


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
def test_the_campaign_page_shows_the_experiment(visitor, scene):  # noqa: F811
    page = visitor("ada", "analyst")
    page.goto("/campaigns/winter-1")
    assert page.locator("text=This campaign has no experiment yet").count() == 1
    scene.design()
    page.reload()
    section = page.locator("[aria-labelledby=s-design]")
    assert section.locator("tbody tr").count() == 4
    assert section.locator("tr:has-text('control') >> text=not assigned yet").count() == 1
    assert "cannot detect a change from 2.00% to 2.20%" in section.locator("#power").inner_text()
    told = scene.assign()
    page.reload()
    friendly = section.locator("tr:has(th:text-is('friendly')) td >> nth=-1").inner_text()
    assert friendly == str(told["arms"]["friendly"])
    assert section.locator("table:has(caption:has-text('grows')) tbody tr").count() == 7
    assert section.locator("tr:has-text('no campaign writes to') td").inner_text() == str(
        told["codes"]["global_holdout"]
    )
    section.locator("summary").click()
    assert section.locator(f"text={told['design_hash']}").is_visible()
    for look in LOOKS:
        seen = visitor("ada", look=look)
        seen.goto("/campaigns/winter-1")
        assert seen.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), look
        assert seen.evaluate(STICKING_OUT) == [], look


def test_experiments_and_assignments_over_the_api(machine, scene, tenant):
    designed = scene.design()
    scene.assign()
    client, at = machine(tenant, "analyst"), "/api/v1/experiments"
    (listed,) = client.get(at).json()["items"]
    assert (listed["experiment_key"], listed["state"]) == ("winter-1", "designed")
    found = client.get(f"{at}/winter-1").json()
    assert found["design_hash"] == designed["design_hash"]
    assert sum(arm["customers"] for arm in found["arms"]) == found["assigned"]["codes"]["assigned"]
    first = client.get(f"{at}/winter-1/assignments", params={"limit": 150}).json()
    second = client.get(f"{at}/winter-1/assignments", params={"limit": 150, "cursor": first["next_cursor"]}).json()
    ids = [one["customer_id"] for one in first["items"] + second["items"]]
    assert ids == sorted(scene.arms())[:300]
    only = client.get(f"{at}/winter-1/assignments", params={"arm": "direct"}).json()["items"]
    assert {one["arm"] for one in only} == {"direct"}
    assert client.get(f"{at}/autumn-1").status_code == client.get(f"{at}/autumn-1/assignments").status_code == 404
    # Who may see no customers sees the design, and not who got what.
    quality = machine(tenant, "qa")
    assert quality.get(f"{at}/winter-1").status_code == 200
    assert quality.get(f"{at}/winter-1/assignments").status_code == 403
