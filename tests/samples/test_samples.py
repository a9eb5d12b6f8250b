"""The sample data: the same bytes from the same seed, and a story that agrees with itself."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import zoneinfo
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.customers.columns import read_mapping
from pipelines.customers.inspection import Inspected, Inspection, Order
from pipelines.customers.kinds import CUSTOMERS, KINDS

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
Row = dict[str, str]


def generated(folder: Path, *options: str) -> Path:
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(SAMPLES / "generate.py"), "--out", str(folder), *options]
    subprocess.run(command, check=True, env=environment)
    return folder


def rows(kind: str) -> list[Row]:
    with (SAMPLES / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def inspected(kind: str, folder: Path, work: Path) -> Inspected:
    work.mkdir()
    order = Order("acme", folder / f"{kind}.csv", kind)
    inspection = Inspection(order, folder=work, max_bytes=2**33, now=NOW)
    for _ in inspection.rows():
        pass
    return inspection.finish()


def customers() -> dict[str, Row]:
    """The customers by id, as they stand once repeated lines are merged; those who cannot be read are left out."""
    return {row["Customer ID"]: row for row in rows("customers") if row["Customer ID"] and row["Orders"].isdigit()}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_seed_writes_the_checked_in_files(tmp_path: Path) -> None:
    for kind in KINDS:
        again = generated(tmp_path) / f"{kind}.csv" if kind == "customers" else tmp_path / f"{kind}.csv"
        assert again.read_bytes() == (SAMPLES / f"{kind}.csv").read_bytes(), kind


def test_another_seed_and_size_write_another_file(tmp_path: Path) -> None:
    folder = generated(tmp_path / "new", "--customers", "2000", "--seed", "8")
    found = inspected("customers", folder, tmp_path / "work")
    assert found.rows == 2000
    assert 0.02 < found.quarantined / found.rows < 0.03


def test_liftline_refuses_just_the_mess(tmp_path: Path) -> None:
    found = inspected("customers", SAMPLES, tmp_path / "customers")
    assert (found.rows, found.quarantined) == (500, 12)
    assert set(found.reasons) == {
        "email_invalid", "date_invalid", "signup_in_future", "country_unknown", "count_negative", "amount_not_a_number",
        "not_reachable", "too_many_columns", "date_ambiguous", "phone_scientific",
    }  # fmt: skip
    assert [header for header, meaning in found.columns.items() if meaning not in CUSTOMERS.field_names] == [
        "Loyalty Tier"
    ]


@pytest.mark.parametrize("kind", ["orders", "events", "consents", "suppressions"])
def test_the_other_files_are_clean(tmp_path: Path, kind: str) -> None:
    assert inspected(kind, SAMPLES, tmp_path / kind).quarantined == 0


def test_it_has_what_real_exports_have() -> None:
    told = rows("customers")
    ids, emails = (Counter(row[key] for row in told if row[key]) for key in ("Customer ID", "E-mail"))
    assert any(one.startswith("000") for one in ids)
    assert max(ids.values()) == 2
    assert max(emails.values()) == 2
    assert len({one.strip().lower() for one in emails}) < len(emails)
    assert any("\n" in row["Company"] for row in told)
    assert any("," in row["Job Title"] for row in told)
    assert any(row["First Name"].startswith("  ") for row in told)
    assert {"ö", "ł", "健"} <= set("".join(row["First Name"] + row["Last Name"] for row in told))
    assert len({row["Country"] for row in told}) >= 14
    assert len({row["Time Zone"] for row in told}) >= 18


def test_nobody_real_can_be_written_to() -> None:
    for kind in KINDS:
        for row in rows(kind):
            domain = (row.get("email") or row.get("E-mail") or "x@example.com").strip().lower().rpartition("@")[2]
            assert domain in ("example.com", "example.org", "example.net") or domain.endswith(".example")


def test_orders_agree_with_the_customers() -> None:
    known, bought = customers(), defaultdict(list)
    for order in rows("orders"):
        bought[order["customer_id"]].append(order)
        assert moment(order["ordered_at"]).date() >= date.fromisoformat(known[order["customer_id"]]["Signup Date"])
        assert moment(order["ordered_at"]) < NOW
    for customer_id, row in known.items():
        if row["E-mail"] == row["E-mail"].upper() or row["Total Spend"] == "NaN":
            continue
        orders = bought[customer_id]
        assert int(row["Orders"]) == len(orders)
        assert Decimal(row["Total Spend"]) == sum((Decimal(order["amount"]) for order in orders), Decimal(0))
        last = max((moment(order["ordered_at"]).date().isoformat() for order in orders), default="")
        assert row["Last Purchase"] == last


def test_events_agree_with_the_customers_and_happen_when_people_are_awake() -> None:
    known = customers()
    counted: Counter[tuple[str, str]] = Counter()
    for event in rows("events"):
        customer = known[event["customer_id"]]
        counted[event["customer_id"], event["event"]] += 1
        assert moment(event["occurred_at"]) < NOW
        if customer["Time Zone"] and event["event"] in ("open", "click", "purchase"):
            local = moment(event["occurred_at"]).astimezone(zoneinfo.ZoneInfo(customer["Time Zone"]))
            assert 6 <= local.hour <= 23
    for customer_id, row in known.items():
        if row["E-mail"] != row["E-mail"].upper():
            assert (int(row["Opens"]), int(row["Clicks"])) == (
                counted[customer_id, "open"],
                counted[customer_id, "click"],
            )
    assert {event for _, event in counted} == {
        "delivered", "open", "click", "purchase", "hard_bounce", "complaint", "unsubscribe",
    }  # fmt: skip


def test_most_buy_once_few_often_and_some_are_gone() -> None:
    known = [row for row in customers().values() if int(row["Orders"])]
    once = sum(row["Orders"] == "1" for row in known)
    often = sum(int(row["Orders"]) >= 8 for row in known)
    gone = sum(date.fromisoformat(row["Last Purchase"]) < date(2026, 8, 1) for row in known)
    assert once / len(known) > 0.3
    assert 0.02 < often / len(known) < 0.12
    assert 0.3 < gone / len(known) < 0.75


def test_consents_and_suppressions_follow_the_events() -> None:
    known, stopped = customers(), {"hard_bounce": set(), "complaint": set(), "unsubscribe": set()}
    for event in rows("events"):
        if event["event"] in stopped:
            stopped[event["event"]].add(event["customer_id"])
    listed = defaultdict(set)
    for row in rows("suppressions"):
        listed[row["reason"]].add(row["customer_id"])
    assert listed.pop("erasure") == {""}
    assert listed == stopped
    latest = {row["customer_id"]: row["status"] for row in rows("consents") if row["channel"] == "email"}
    assert {latest[one] for one in stopped["unsubscribe"]} == {"denied"}
    for customer_id, row in known.items():
        if row["Consent"] and customer_id in latest:
            assert {"yes": "granted", "no": "denied"}[row["Consent"]] == latest[customer_id]


def test_the_mapping_names_each_header_of_the_file() -> None:
    turned = read_mapping(SAMPLES / "mapping-example.yaml", CUSTOMERS)
    with (SAMPLES / "customers.csv").open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert len(turned) == len(header) - 1
