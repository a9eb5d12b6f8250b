"""Reports and marts in a real headless Chromium: open, read, take along, in the tenant's own rows only.

`SCREENS=reports/screens pytest tests/plugins/test_browser_reports.py` leaves pictures.
"""

from pathlib import Path

import pytest

from pipelines.reporting.run import build, refresh, write_docs
from pipelines.settings import PROJECT
from pipelines.tenants.run import create_tenant
from tests.plugins.test_browser import CHROMIUM, SCREENS, address, chromium, visitor  # noqa: F401
from tests.reporting.world import fill

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


def picture(page, name):
    if SCREENS:
        Path(SCREENS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SCREENS}/{name}.png", full_page=True)


def test_an_analyst_reads_reports_and_marts(visitor, services, tenant):  # noqa: F811
    other = create_tenant(services.database, f"{tenant}-other").tenant_id
    for one in (tenant, other):
        fill(services.database, one, f"{one}-spring")
    # The data of other tests need not be consistent: models only.
    refresh(services.newsroom, also=("--resource-type", "model", "--resource-type", "seed"))
    write_docs(services.newsroom)
    build(services.newsroom, tenant, "2026-11", by="test")

    page = visitor("ana", "analyst")
    page.click("nav >> text=Reports")
    assert page.locator("tbody tr").count() == 4
    picture(page, "reports")
    with page.expect_download() as taken:
        page.click("tr:has-text('Executive report') >> text=PDF")
    assert Path(taken.value.path()).read_bytes().startswith(b"%PDF")
    page.click("text=What we learnt")
    assert page.locator("section#heat svg").first.is_visible()
    page.go_back()

    page.click("nav >> text=Marts")
    assert page.locator("tbody tr").count() == len(list((PROJECT / "dbt" / "models" / "marts").glob("*.sql")))
    picture(page, "marts")
    page.click("text=content effectiveness")
    drawn = page.locator("img.drawn")
    assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    picture(page, "mart")
    assert page.locator("text=The first 4 rows").is_visible()
    with page.expect_download() as taken:
        page.click("text=All rows as CSV")
    assert len(Path(taken.value.path()).read_text().splitlines()) == 5
    page.goto("/marts/campaign_performance")
    assert f"{tenant}-spring" in page.content()
    assert other not in page.content()

    # The pages of dbt ask for a picture that is not there, so they are only fetched here.
    docs = page.request.get("/marts/docs")
    assert docs.status == 200
    assert docs.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert "revenue per marketing touch" in docs.text()


def test_reports_at_phone_width_and_in_the_dark(visitor, services, tenant):  # noqa: F811
    for look in ("narrow", "dark"):
        page = visitor(f"ana-{look}", "analyst", look=look)
        for path in ("/reports", "/marts", "/marts/kpis"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (look, path)
            picture(page, f"{path.strip('/').replace('/', '-')}-{look}")
