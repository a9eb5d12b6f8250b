"""The console in a real headless Chromium: from a file to a customer's page, from the wizard to the yes of two people,
and an auditor's way through the ledger.

`SCREENS=reports/screens pytest tests/plugins/test_browser.py` leaves a picture of every page, wide, narrow and dark.
"""

import os
import re
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from pipelines.console.passwords import Passwords
from pipelines.customers import reception
from pipelines.customers.run import Order, import_file
from pipelines.knowledge.run import index_folder
from pipelines.segmentation.run import run as segment
from pipelines.tenants.run import create_tenant

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SAMPLES = Path(__file__).parents[2] / "data" / "samples"
PASSWORD = "a long enough password"
SCREENS = os.environ.get("SCREENS")
LOOKS = {
    "wide": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
}

STICKING_OUT = """[...document.querySelectorAll(".card *")].filter((part) => {
  const card = part.closest(".card").getBoundingClientRect(), own = part.getBoundingClientRect();
  return !part.closest(".wide, .unseen, caption, thead") && own.width > 0 && own.right > card.right + 1;
}).map((part) => part.outerHTML.slice(0, 80))"""
WISH = {
    "name": "Winter warmth",
    "goal": "Sell Wool throws before the cold months, and bring back people who have not ordered for a while.",
    "value_proposition": "A throw that keeps two people warm on one sofa.\nDelivered free within Germany.",
    "call_to_action.text": "See the Wool throws",
    "call_to_action.link": "https://www.lindhaven.example/products/wool-throw",
    "knowledge.query": "Wool throw, warmth, size and colours, price, guarantee, delivery costs, returns within 30 days",
    "knowledge.audience": "consumer",
    "knowledge.passages": "20",
}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def address(console):
    """The console served on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(console, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium, address, services, grant, tenant):
    """A person with these roles, at the sign-in page of a fresh browser; errors of scripts fail the test."""
    opened, faults = [], []

    def visit(name, *roles, look="wide"):
        # Nobody whom another test gave a role in its own tenant.
        user = f"{name}-{tenant}"
        if roles:
            Passwords(services.console_folder).set(user, PASSWORD)
            grant(user, tenant, *roles)
        context = chromium.new_context(base_url=address, **LOOKS[look])
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        page.goto("/")
        page.fill("input[name=user]", user)
        page.fill("input[name=password]", PASSWORD)
        page.click("text=Sign in >> nth=-1")
        page.wait_for_url("**/")
        return page

    yield visit
    for context in opened:
        context.close()
    assert faults == []


def fill(desk, tenant, policies):
    """The samples of this project, imported and segmented."""
    for kind in ("customers", "orders", "events", "consents"):
        import_file(desk, Order(tenant, SAMPLES / f"{kind}.csv", kind, by="mark"))
    clock = lambda: datetime(2026, 11, 20, tzinfo=UTC)  # noqa: E731
    for scheme in ("rfm", "rules"):
        segment(desk.database, tenant=tenant, scheme=scheme, policies=policies, clock=clock)


def test_a_file_becomes_customers(visitor, tmp_path):
    page = visitor("mark", "operator")
    table = tmp_path / "spring.csv"
    lines = "".join(f"s{n},lead{n}@example.com,Ana,FR\n" for n in range(40))
    table.write_text("No,Mail,first_name,country\n" + lines + "s99,not-an-address,Bo,FR\n", encoding="utf-8")
    page.click("nav >> text=Upload")
    page.set_input_files("input[type=file]", table)
    page.wait_for_selector("text=Columns")
    assert page.locator("select[data-header=No]").input_value() == ""
    page.select_option("select[data-header=No]", "customer_id")
    page.click("text=Read it this way")
    page.wait_for_selector("select[data-header=No][data-was=customer_id]")
    assert page.locator("text=1 of 41 lines would go to quarantine").count() == 1
    page.click("button:text-is('Import')")
    page.wait_for_selector("text=How its lines ended", timeout=60_000)
    with page.expect_download() as download:
        page.click("text=Download the quarantined lines")
    assert "not-an-address" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.click("nav >> text=Customers")
    page.fill("input[name=q]", "lead7@example.com")
    page.click("text=Find")
    page.click("text=s7")
    assert page.locator("h1").inner_text() == "Ana"

    page.goto("/uploads")
    page.set_input_files("input[type=file]", table)
    page.dblclick("text=Discard this upload")
    page.wait_for_selector("text=Press the button again to discard it")
    page.click("text=Discard this upload")
    page.wait_for_url("**/uploads")
    assert page.locator(".tag:text-is('discarded')").count() == 1


def test_a_page_acts_for_the_tenant_that_it_shows(visitor, database, desk, grant, tenant):
    other = create_tenant(database, f"{tenant}-too").tenant_id
    grant(f"ada-{tenant}", other, "operator")
    page = visitor("ada", "operator")
    page.goto(f"/uploads?tenant={tenant}")
    beside = page.context.new_page()
    beside.goto(f"/?tenant={other}")
    assert beside.locator("select[name=tenant]").input_value() == other
    people = {"name": "people.csv", "mimeType": "text/csv", "buffer": b"customer_id,email\n1,a@example.com\n"}
    page.set_input_files("input[type=file]", people)
    page.wait_for_url(re.compile("/uploads/[0-9a-f]{32}$"))
    assert [bool(reception.find(desk, one, page.url[-32:])) for one in (tenant, other)] == [True, False]


def test_an_auditor_exports_verifies_and_records_an_erasure(visitor, desk, tenant, services):
    fill(desk, tenant, services.settings.liftline_policies)
    page = visitor("carla", "compliance")
    page.click("nav >> text=Compliance")
    page.fill("input[name=actor]", "mark")
    page.click("button:text-is('Export')")
    page.wait_for_selector("text=Download", timeout=60_000)
    assert page.locator("input[name=actor]").input_value() == "mark"
    page.click("button:text-is('Verify')")
    page.wait_for_selector("text=Whole")
    (entries,) = (services.settings.liftline_reports / "audit" / tenant).glob("*/entries.csv")
    entries.write_bytes(entries.read_bytes().replace(b"mark", b"Mark", 1))
    page.click("button:text-is('Verify')")
    page.wait_for_selector("text=/Broken: entry [0-9]+ was changed/")
    page.route("**/holdings", lambda route: route.fulfill(status=500, body=""))
    page.goto("/")
    page.wait_for_selector("text=The server answered 500")
    page.unroute("**/holdings")
    page.click("nav >> text=Customers")
    page.click("tbody a >> nth=0")
    page.fill("input[name=source]", "letter of 20 November")
    page.click("text=Erase this person")
    page.wait_for_selector("text=Press the button again")
    page.click("text=Erase this person")
    page.wait_for_selector("table >> text=customers.erase")


@pytest.mark.skipif(not SCREENS, reason="pictures are made when SCREENS names a folder")
def test_every_page_has_its_picture(visitor, desk, tenant, services, tmp_path):
    fill(desk, tenant, services.settings.liftline_policies)
    folder = Path(SCREENS)
    folder.mkdir(parents=True, exist_ok=True)
    page = visitor("ada", "admin")
    messy = tmp_path / "autumn.csv"
    messy.write_bytes((SAMPLES / "customers.csv").read_bytes())
    for name in ("autumn", "winter"):
        messy = messy.rename(tmp_path / f"{name}.csv")
        page.goto("/uploads")
        page.set_input_files("input[type=file]", messy)
        page.wait_for_selector("text=Columns")
    waiting = page.url
    page.goto("/uploads")
    page.click("text=autumn.csv")
    page.wait_for_selector("text=What would happen")
    page.click("button:text-is('Import')")
    page.wait_for_selector("text=How its lines ended", timeout=60_000)
    done = page.url
    page.goto("/compliance")
    page.click("button:text-is('Export')")
    page.wait_for_selector("text=Download", timeout=60_000)
    page.goto("/knowledge")
    page.set_input_files("input[type=file]", SAMPLES.parent / "knowledge" / "home" / "gift-guide.md")
    page.wait_for_selector("text=What texts could cite")
    document = page.url
    page.goto("/customers?q=an")
    customer = page.locator("tbody a >> nth=0").get_attribute("href")
    page.goto("/segments")
    members = page.locator("tbody a >> nth=0").get_attribute("href")
    pages = {
        "home": "/", "uploads": "/uploads", "upload-preview": waiting, "upload-done": done, "customers": "/customers",
        "customer": customer, "segments": "/segments", "members": members, "compliance": "/compliance",
        "knowledge": "/knowledge", "document": document, "error": "/customers/nobody",
    }  # fmt: skip
    for look in LOOKS:
        seen = visitor("ada", look=look)
        for name, path in pages.items():
            seen.goto(path)
            seen.wait_for_load_state("networkidle")
            seen.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
            assert seen.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, look)
            assert seen.evaluate(STICKING_OUT) == [], (name, look)
    page.goto("/sign-in")
    page.screenshot(path=folder / "sign-in-wide.png")


def prepared(desk, tenant, services):
    """A tenant with people, segments and approved content."""
    fill(desk, tenant, services.settings.liftline_policies)
    index_folder(services.library, tenant, SAMPLES.parent / "knowledge")


def fill_in(page):
    """The winter campaign in the wizard."""
    page.click("nav >> text=New campaign")
    page.wait_for_selector("#foreseen .tiles")
    for name, text in WISH.items():
        if name.startswith("knowledge") and not page.locator("details[open]").count():
            page.click("summary:has-text('approved content')")
        page.fill(f"[name='{name}']", text)
    page.check("[name='audience.only'][value='at risk']")


def test_a_campaign_from_the_wizard_to_the_yes_of_two_people(visitor, desk, tenant, services):
    prepared(desk, tenant, services)
    maker = visitor("olga", "operator")
    maker.click("nav >> text=New campaign")
    maker.click("#check")
    maker.wait_for_selector("label:has([name=goal]) .mistake")
    fill_in(maker)
    maker.click("#look")
    maker.wait_for_selector("#preview pre")
    maker.click("#keep")
    maker.wait_for_selector("text=Download it as YAML")
    with maker.expect_download() as download:
        maker.click("text=Download it as YAML")
    assert "at risk" in Path(download.value.path()).read_text()
    maker.click("#launch")
    maker.wait_for_selector("text=Waits for approval", timeout=60_000)
    assert maker.locator("text=None of your roles decides on launches.").count() == 1
    maker.go_back()
    assert maker.input_value("[name=name]") == "Winter warmth"
    maker.click("#launch")
    maker.wait_for_selector("text=nothing was begun a second time")
    maker.click("text=Open its campaign")

    reviewer = visitor("rolf", "reviewer")
    reviewer.click("text=Winter warmth >> nth=0")
    reviewer.click("text=Look at the texts")
    reviewer.wait_for_selector(".cite")
    cite = reviewer.locator(".cite >> nth=0")
    cite.focus()
    passage = reviewer.locator(f"#{cite.get_attribute('aria-describedby')}")
    assert passage.is_visible()
    reviewer.keyboard.press("Escape")
    assert not passage.is_visible()
    reviewer.check("input[name=variants] >> nth=0")
    reviewer.select_option("[name=rating]", "4")
    reviewer.click("text=Only rate, flag or comment")
    reviewer.wait_for_selector("text=4.0 of 5")

    editor = visitor("edda", "qa")
    editor.goto(reviewer.url)
    editor.click("text=Open and edit >> nth=0")
    editor.fill("[name='block 1.1']", "Hello {{contact.first_name|there}}, the Wool throw costs 3.00 EUR.")
    editor.click("text=Keep as a new version")
    editor.wait_for_selector(".block .mistake")
    editor.fill("[name='block 1.1']", "Good day {{contact.first_name|there}},")
    editor.click("text=Keep as a new version")
    editor.wait_for_selector("#changed ins")
    reviewer.check("input[name=variants] >> nth=0")
    reviewer.click("button[value=approve]")
    reviewer.wait_for_selector("text=was changed since you looked at it: that was version 1")
    reviewer.click("text=Show it as it stands now")
    reviewer.wait_for_selector("text=Good day", state="attached")
    editor.click("text=Winter warmth >> nth=0")
    editor.wait_for_selector("text=Something was changed since it was asked to be approved")

    maker.reload()
    maker.click("text=Ask for approval")
    maker.wait_for_selector("text=Waits for approval")
    reviewer.goto(maker.url)
    reviewer.fill("[name=comment]", "Warm and true")
    reviewer.context.clear_cookies()
    reviewer.click("text=Approve the launch")
    with reviewer.expect_popup() as beside:
        reviewer.click("[role=alert] >> text=Sign in")
    beside.value.fill("input[name=user]", f"rolf-{tenant}")
    beside.value.fill("input[name=password]", PASSWORD)
    beside.value.click("text=Sign in >> nth=-1")
    beside.value.wait_for_url("**/")
    assert reviewer.input_value("[name=comment]") == "Warm and true"
    reviewer.click("text=Approve the launch")
    reviewer.wait_for_selector("text=Waits for the yes of quality")
    editor.reload()
    assert editor.locator(f"text=edda-{tenant} had a hand in campaign").count() == 1
    second = visitor("quin", "qa")
    second.click("text=your yes or no >> xpath=.. >> a")
    second.click("text=Approve the launch")
    second.wait_for_selector(".tag:text-is('Approved')")

    maker.reload()
    maker.fill("[name=reason]", "The throws are sold out")
    maker.click("text=Pause it")
    maker.wait_for_selector(".tag:text-is('Paused')")


@pytest.mark.skipif(not SCREENS, reason="pictures are made when SCREENS names a folder")
def test_every_page_of_a_campaign_has_its_picture(visitor, desk, tenant, services):
    prepared(desk, tenant, services)
    folder = Path(SCREENS)
    folder.mkdir(parents=True, exist_ok=True)
    maker = visitor("maud", "operator", "reviewer")
    fill_in(maker)
    maker.click("#launch")
    maker.wait_for_selector("text=Waits for approval", timeout=60_000)
    campaign = maker.url
    maker.click("text=Look at the texts")
    texts = maker.url
    variant = maker.locator("article h2 a >> nth=0").get_attribute("href")
    pages = {
        "campaigns": "/campaigns", "campaign": campaign, "waiting": "/review", "texts": texts, "text": variant,
        "wizard": "/wizard",
    }  # fmt: skip
    for look in LOOKS:
        seen = visitor("maud", look=look)
        for name, path in pages.items():
            seen.goto(path)
            seen.wait_for_load_state("networkidle")
            seen.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
            assert seen.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, look)
