"""Models and insights in a real headless Chromium: champion beside challenger, the way back, a yes to an insight."""

import pytest
from psycopg.types.json import Jsonb

from tests.learning.registered import DECISION, METRICS, NOW, VERSION
from tests.plugins.test_browser import CHROMIUM, LOOKS, STICKING_OUT, address, chromium, visitor  # noqa: F401

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")

INSIGHT = """
    INSERT INTO insights (
        tenant_id, insight_id, dimension, value, statement, effect, ci_low, ci_high, evidence, offered_at)
    VALUES (current_setting('liftline.tenant'), %s, 'subject_pattern', %s, %s, 0.3, 0.1, 0.5, '{"reached": 1000}', %s)
"""


@pytest.fixture
def learnt(database, tenant):
    """A tenant with a champion that replaced another, a refused challenger, and two insights to decide on."""
    features = Jsonb({"used": {"recency_days": 0.7, "spent": 0.3}, "left_out": []})
    with database.transaction(tenant) as connection:
        for number, state in ((1, "retired"), (2, "champion"), (3, "refused")):
            connection.execute(VERSION, (number, state, f"d{number}", NOW, NOW, features, Jsonb(METRICS), NOW))
        for told in (
            (1, None, 1, "promote", "first", "promoted: the first model that beats chance."),
            (2, 1, 2, "promote", "better", "promoted: better than version 1."),
            (3, 2, 2, "refuse", "worse", "refused: worse than version 2."),
        ):
            connection.execute(DECISION, (*told, NOW))
        for number, statement in enumerate(("Subjects that ask a question earned more.", "Long messages earned less.")):
            connection.execute(INSIGHT, (f"i-{number}", f"value {number}", statement, NOW))
    return tenant


def test_an_analyst_rolls_a_model_back_and_a_manager_accepts_what_was_learnt(visitor, learnt, database):  # noqa: F811
    page = visitor("nina", "analyst")
    page.click("nav >> text=Models")
    assert page.locator("text=refused: worse than version 2.").count() == 1
    page.click("tbody >> text=churn")
    assert page.locator("section[aria-label=Champion] >> text=version 2").count() == 1
    assert page.locator("section[aria-label=Challenger] >> text=version 3").count() == 1
    page.fill("input[name=reason]", "It favours one region")
    page.click("button:text-is('Roll back')")
    page.wait_for_selector("text=Press the button again")
    page.click("button:text-is('Roll back')")
    page.wait_for_selector("section[aria-label=Champion] >> text=version 1")
    assert page.locator("td:text-is('It favours one region')").count() == 1
    page.click("nav >> text=Insights")
    assert page.locator("h2 >> text=Subjects that ask a question earned more.").count() == 1
    assert page.locator("button:text-is('Accept')").count() == 0

    manager = visitor("mona", "manager")
    manager.click("nav >> text=Insights")
    manager.click("section:has-text('Subjects that ask') >> button:text-is('Accept')")
    manager.wait_for_selector("tr:has-text('Subjects that ask') >> .tag:text-is('accepted')")
    manager.click("section:has-text('Long messages') >> button:text-is('Reject')")
    manager.wait_for_selector("text=Nothing is offered.")
    with database.transaction(learnt) as connection:
        rows = connection.execute("SELECT * FROM insights ORDER BY insight_id").fetchall()
    mona = f"mona-{learnt}"
    assert [(row["state"], row["decided_by"]) for row in rows] == [("accepted", mona), ("rejected", mona)]
    assert rows[0]["prompt_version"].startswith("draft-v1-")


def test_the_pages_fit_wide_and_narrow(visitor, learnt):  # noqa: F811
    visitor("wilma", "manager")
    for look in LOOKS:
        page = visitor("wilma", look=look)
        for path in ("/models", "/models/churn", "/models/response", "/insights"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (path, look)
            assert page.evaluate(STICKING_OUT) == [], (path, look)
