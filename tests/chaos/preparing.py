"""One seed: content is indexed and a campaign drafted and screened, by the real SDKs, while their vendors fail."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

from pipelines.customers.run import Order, import_file
from pipelines.settings import PROJECT
from pipelines.tenants.run import create_tenant
from tests.chaos.counting import broken_in_copy, broken_promises
from tests.chaos.ground import Ground
from tests.chaos.vendors import Vendors
from tests.doubles.openai_server import OpenAIServer

DATA = PROJECT / "data"
PEOPLE = 120
# A try that nobody heard of is booked with the most that it can cost.
BRIEF = ("budget_usd: 5", "budget_usd: 500")
ODDS_OF_A_KILL = 0.3
HEALED_TRIES = 3
LIFETIME_SECONDS, LONGEST_SECONDS = (4, 15), 300


@dataclass
class Prepared:
    """What happened in one seed."""

    faults: Counter[str] = field(default_factory=Counter)
    tries: int = 0
    variants: int = 0
    calls: int = 0
    broken: list[str] = field(default_factory=list)
    seconds: float = 0


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
        vendors = Vendors(luck, told.faults, at)
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
    told.broken += [*broken_in_copy(services, tenant), *broken_promises(services, tenant, services.clock())]
    told.variants = len(_rows(ground, tenant, "SELECT 1 FROM variants"))
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
    return next((row["campaign_id"] for row in _rows(ground, tenant, "SELECT campaign_id FROM campaigns")), "")


def _written(ground: Ground, tenant: str) -> set[str]:
    """The vendor's ids of every answer that is kept."""
    rows = _rows(ground, tenant, "SELECT request_id FROM generations WHERE outcome = 'written'")
    return {row["request_id"] for row in rows}


def _rows(ground: Ground, tenant: str, asked: LiteralString) -> list[dict[str, Any]]:
    with ground.services.database.transaction(tenant) as connection:
        return connection.execute(asked).fetchall()


def _paid_again(model: OpenAIServer, asked: int, kept: set[str]) -> list[str]:
    """Requests of this try whose answer was kept before it began; the double makes its ids of their bytes."""
    again = _ids(model, asked) & kept
    return [f"{len(again)} answers that were kept were asked for again"] if again else []


def _ids(model: OpenAIServer, since: int = 0) -> set[str]:
    return {f"req-{hashlib.sha256(one.body).hexdigest()[:16]}" for one in model.received[since:]}


def _some_people(folder: Path) -> Path:
    path = folder / "people.csv"
    with (DATA / "samples" / "customers.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row, _ in zip(csv.reader(source), range(PEOPLE), strict=False)]
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(rows)
    return path
