"""One seed: content is indexed and a campaign drafted and screened, by the real SDKs, while their vendors fail."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.customers.run import Order, import_file
from pipelines.settings import PROJECT
from pipelines.tenants.run import create_tenant
from tests.chaos.counting import broken_promises
from tests.chaos.ground import Ground
from tests.doubles import content_safety_moods as screen_moods
from tests.doubles import openai_replies as model_moods
from tests.doubles.azure_search_server import KEY as SEARCH_KEY
from tests.doubles.azure_search_server import AzureSearchServer, Fault, azure_search_server
from tests.doubles.content_safety_server import KEY as SCREEN_KEY
from tests.doubles.content_safety_server import ContentSafetyServer, content_safety_server
from tests.doubles.openai_server import KEY as MODEL_KEY
from tests.doubles.openai_server import OpenAIServer, openai_server

DATA = PROJECT / "data"
PEOPLE = 120
# A try that nobody heard of is booked with the most that it can cost.
BRIEF = ("budget_usd: 5", "budget_usd: 500")
MODEL = (
    model_moods.fault(500), model_moods.fault(503), model_moods.throttled(), model_moods.page(), model_moods.stall(),
    model_moods.drip(), model_moods.half(), model_moods.gone(), model_moods.truncated(), model_moods.raw(b"{}"),
)  # fmt: skip
SCREEN = (
    screen_moods.broken(500), screen_moods.throttled(), screen_moods.html(), screen_moods.ending("stall"),
    screen_moods.ending("gone"), screen_moods.ending("half"), screen_moods.ending("drip"),
    screen_moods.category("Hate"),
)  # fmt: skip
ODDS_OF_A_FAULT, ODDS_OF_A_KILL, ODDS_OF_AWAY = 0.3, 0.3, 0.25
HEALED_TRIES = 3
LIFETIME_SECONDS, LONGEST_SECONDS = (4, 15), 300
STRATEGIES = 3
UNSCREENED = """
    SELECT variant_id AS what FROM variants AS v
    WHERE status = 'drafted' AND NOT EXISTS (
        SELECT 1 FROM screenings AS s WHERE s.content_hash = v.content_hash AND NOT s.undecided)"""
TWICE_KEPT = """
    SELECT unit_id || ', ' || strategy AS what FROM variants GROUP BY unit_id, strategy HAVING count(*) > 1"""


@dataclass
class Prepared:
    """What happened in one seed."""

    faults: Counter[str] = field(default_factory=Counter)
    tries: int = 0
    variants: int = 0
    calls: int = 0
    broken: list[str] = field(default_factory=list)
    seconds: float = 0


class Vendors:
    """Three vendors that fail by luck, each request by itself, until they are healed."""

    def __init__(self, luck: random.Random, told: Prepared, at: ExitStack) -> None:
        self._luck, self._told, self._lock = luck, told, threading.Lock()
        self.ill = True
        self.model: OpenAIServer = at.enter_context(openai_server())
        self.search: AzureSearchServer = at.enter_context(azure_search_server())
        self.screen: ContentSafetyServer = at.enter_context(content_safety_server())
        self.model.when(lambda _: self._fails("model"), lambda asked: self._one(MODEL)(asked))
        self.screen.when(lambda _: self._fails("screen"), lambda asked, right: self._one(SCREEN)(asked, right))
        self.search.fault = self._search_fault  # type: ignore[method-assign]

    def environment(self) -> dict[str, str]:
        """All chosen, each asked twice at most, none waited for for long."""
        return {
            "LANGUAGE_MODEL_PROVIDER": "openai", "EMBEDDING_PROVIDER": "openai", "OPENAI_BASE_URL": self.model.url,
            "OPENAI_API_KEY": MODEL_KEY, "OPENAI_TIMEOUT_SECONDS": "2", "OPENAI_TRIES": "2",
            "OPENAI_EMBEDDING_DIMENSIONS": "64", "LIFTLINE_MONTHLY_BUDGET_USD": "5000",
            "SEARCH_PROVIDER": "azure", "AZURE_SEARCH_ENDPOINT": self.search.url, "AZURE_SEARCH_API_KEY": SEARCH_KEY,
            "CONTENT_SAFETY_PROVIDER": "azure", "AZURE_CONTENT_SAFETY_ENDPOINT": self.screen.url,
            "AZURE_CONTENT_SAFETY_API_KEY": SCREEN_KEY, "AZURE_CONTENT_SAFETY_TIMEOUT_SECONDS": "2",
            "AZURE_CONTENT_SAFETY_TRIES": "2",
        }  # fmt: skip

    def one_away(self) -> AbstractContextManager[None]:
        """Perhaps one of them does not listen at all."""
        if not self.ill or self._luck.random() > ODDS_OF_AWAY:
            return nullcontext()
        name, vendor = self._luck.choice([("model", self.model), ("search", self.search), ("screen", self.screen)])
        self._told.faults[f"{name} away"] += 1
        return vendor.away()

    def _fails(self, name: str) -> bool:
        with self._lock:
            fails = self.ill and self._luck.random() < ODDS_OF_A_FAULT
            self._told.faults[f"{name} failing"] += fails
        return fails

    def _one(self, moods: tuple[Any, ...]) -> Any:
        with self._lock:
            return self._luck.choice(moods)

    def _search_fault(self, kind: str) -> Fault | None:
        if not self._fails("search"):
            return None
        if kind == "documents":
            return Fault(kind, documents={0: 503})
        return Fault(kind, status=self._luck.choice((429, 500, 503)), drop=self._luck.random() < 0.3)


def run(ground: Ground, seed: int, tries: int) -> Prepared:
    """Index, draft and screen under faults, each so often; then all is well and it comes to its end; then count."""
    luck, told, begun = random.Random(seed), Prepared(), time.monotonic()
    ground.heal()
    services = ground.services
    tenant = create_tenant(services.database, f"prepare-{seed}").tenant_id
    folder = services.settings.liftline_home / f"prepare-{seed}"
    folder.mkdir()
    import_file(services.desk, Order(tenant, _some_people(folder), "customers"))
    brief = folder / "brief.yaml"
    brief.write_text((DATA / "briefs" / "winter_warmth.yaml").read_text(encoding="utf-8").replace(*BRIEF))
    index = ["knowledge", "index", str(DATA / "knowledge"), "--tenant", tenant]
    draft = ["generation", "draft", "--brief", str(brief), "--tenant", tenant]
    with ExitStack() as at:
        vendors = Vendors(luck, told, at)
        environment = os.environ | vendors.environment() | {
            "LIFTLINE_HOME": str(services.settings.liftline_home),
            "LIFTLINE_REPORTS": str(services.settings.liftline_reports),
        }  # fmt: skip
        for command in (index, draft, ["safety", "screen-campaign", "", "--tenant", tenant]):
            command = [part or _campaign(ground, tenant) for part in command]
            for left in range(tries + HEALED_TRIES, 0, -1):
                vendors.ill = left > HEALED_TRIES
                kept, asked = _written(ground, tenant), len(vendors.model.received)
                with vendors.one_away():
                    said = _command(command, environment, luck, told, may_die=vendors.ill)
                told.broken += _paid_again(vendors.model, asked, kept)
                if said is None:
                    break
            else:
                told.broken.append(f"`liftline {command[0]} {command[1]}` does not end well: {said}")
        told.calls = len(vendors.model.received)
        if not (kept := _written(ground, tenant)) or not kept <= _ids(vendors.model):
            told.broken.append("answers are kept that the vendor never gave")
    told.broken += _broken(ground, tenant, told)
    told.seconds = time.monotonic() - begun
    return told


def _command(
    command: list[str], environment: dict[str, str], luck: random.Random, told: Prepared, *, may_die: bool
) -> str | None:
    """What it said where it did not end well; it may be killed in the middle."""
    told.tries += 1
    started = subprocess.Popen(
        [str(Path(sys.executable).with_name("liftline")), *command, "--json"],
        env=environment, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    lifetime = luck.uniform(*LIFETIME_SECONDS) if may_die and luck.random() < ODDS_OF_A_KILL else LONGEST_SECONDS
    try:
        said, why = started.communicate(timeout=lifetime)
    except subprocess.TimeoutExpired:
        started.kill()
        started.communicate()
        told.faults["command killed"] += 1
        return f"it was killed after {lifetime:.0f} s"
    if started.returncode:
        return why.strip().rpartition("\n")[2]
    return f"it waits for {waiting}" if (waiting := json.loads(said).get("waiting")) else None


def _campaign(ground: Ground, tenant: str) -> str:
    with ground.services.database.transaction(tenant) as connection:
        row = connection.execute("SELECT campaign_id FROM campaigns").fetchone()
    return str(row["campaign_id"]) if row else ""


def _written(ground: Ground, tenant: str) -> set[str]:
    """The vendor's ids of every answer that is kept."""
    with ground.services.database.transaction(tenant) as connection:
        rows = connection.execute("SELECT request_id FROM generations WHERE outcome = 'written'").fetchall()
    return {row["request_id"] for row in rows}


def _paid_again(model: OpenAIServer, asked: int, kept: set[str]) -> list[str]:
    """Requests of this try whose answer was kept before it began; the double makes its ids of their bytes."""
    again = _ids(model, asked) & kept
    return [f"{len(again)} answers that were kept were asked for again"] if again else []


def _ids(model: OpenAIServer, since: int = 0) -> set[str]:
    return {f"req-{hashlib.sha256(one.body).hexdigest()[:16]}" for one in model.received[since:]}


def _broken(ground: Ground, tenant: str, told: Prepared) -> Iterator[str]:
    with ground.services.database.transaction(tenant) as connection:
        variants = connection.execute("SELECT status FROM variants").fetchall()
        units = connection.execute("SELECT count(*) AS units FROM audience_units").fetchone()
        unscreened = connection.execute(UNSCREENED).fetchall()
        twice = connection.execute(TWICE_KEPT).fetchall()
    told.variants = len(variants)
    assert units
    if not variants or told.variants != units["units"] * STRATEGIES:
        yield f"{units['units']} groups of people with {STRATEGIES} strategies got {told.variants} texts"
    if unscreened:
        yield f"unscreened: {', '.join(row['what'] for row in unscreened)}"
    if twice:
        yield f"written more than once: {'; '.join(row['what'] for row in twice)}"
    yield from broken_promises(ground.services, tenant, ground.services.clock())


def _some_people(folder: Path) -> Path:
    path = folder / "people.csv"
    with (DATA / "samples" / "customers.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row, _ in zip(csv.reader(source), range(PEOPLE), strict=False)]
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(rows)
    return path
