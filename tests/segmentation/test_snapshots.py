import csv
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import ClientCursor

from pipelines.contracts import Refusal
from pipelines.database import Database
from pipelines.segmentation.compiling import placing
from pipelines.segmentation.rules import FIELDS, RuleSet, read_rules
from pipelines.segmentation.run import prune

from .conftest import AS_OF, POLICIES, Books

DAY = timedelta(days=1)
SCHEMES = ("rules", "rfm", "kmeans")
VERSIONS = (
    "SELECT 'm' || customer_id AS what, xmin::text AS version FROM segment_members UNION ALL "
    "SELECT 's' || segment, xmin::text FROM segments UNION ALL "
    "SELECT snapshot_id, xmin::text FROM segment_snapshots UNION ALL "
    "SELECT 'p' || customer_id, xmin::text FROM profiles ORDER BY 1"
)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_everybody_is_in_exactly_one_segment_with_a_reason(
    books: Books, segment: Any, tmp_path: Path, scheme: str
) -> None:
    books.many(300)
    out = tmp_path / "segments.csv"
    told = segment(scheme, out=out).to_json()
    rows = read(out)
    assert [row["customer_id"] for row in rows] == [f"c{n:05}" for n in range(1, 301) if not _unborn(books, n)]
    assert told["customers"] == len(rows) == sum(s["customers"] for s in told["segments"])
    assert {row["segment"] for row in rows} == {s["segment"] for s in told["segments"]}
    assert sum(s["share"] for s in told["segments"]) == pytest.approx(1, abs=0.01)
    assert all(row["reason"] and "unknown" not in row["reason"] for row in rows)
    assert told["file"] == str(out)
    assert list(tmp_path.iterdir()) == [out]


def _unborn(books: Books, number: int) -> bool:
    return bool(
        books.rows(f"SELECT 1 FROM customers WHERE customer_id = 'c{number:05}' AND signup_date > '2026-06-30'")
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_second_run_changes_no_row(books: Books, segment: Any, tmp_path: Path, scheme: str) -> None:
    books.many(200)
    first = segment(scheme, out=tmp_path / "1.csv")
    before = books.rows(VERSIONS)
    second = segment(scheme, out=tmp_path / "2.csv")
    assert books.rows(VERSIONS) == before
    assert first.snapshot_id == second.snapshot_id
    assert first.segments == second.segments
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_changed_data_replaces_the_snapshot_but_never_that_of_a_campaign(books: Books, segment: Any) -> None:
    books.many(50)
    kept, loose = segment(campaign_id="spring"), segment()
    assert kept.snapshot_id != loose.snapshot_id
    members = f"SELECT * FROM segment_members WHERE snapshot_id = '{kept.snapshot_id}' ORDER BY customer_id"
    before = books.rows(members)
    for n in range(60):
        books.order("c00040", AS_OF - DAY, 500 + n)
    books.customer("new-one")
    assert segment(campaign_id="spring").segments == kept.segments
    assert books.rows(members) == before
    again = segment()
    assert (again.snapshot_id, again.customers) == (loose.snapshot_id, 51)
    moved = f"SELECT segment FROM segment_members WHERE snapshot_id = '{again.snapshot_id}' AND customer_id = 'c00040'"
    assert books.rows(moved) == [{"segment": "champions"}]


def test_pruning_keeps_the_newest_of_each_scheme_and_all_of_campaigns(
    database: Database, tenant: str, books: Books, segment: Any
) -> None:
    books.many(20)
    moments = [AS_OF + timedelta(hours=hour) for hour in range(4)]
    launched = segment("rfm", as_of=moments[0], campaign_id="spring")
    loose = [segment("rfm", as_of=moment) for moment in moments]
    rules = segment("rules", as_of=moments[1])
    gone = prune(database, tenant=tenant, keep=2)
    kept = {launched.snapshot_id, loose[2].snapshot_id, loose[3].snapshot_id, rules.snapshot_id}
    for table in ("segment_snapshots", "segments", "segment_members"):
        assert {row["snapshot_id"] for row in books.rows(f"SELECT snapshot_id FROM {table}")} == kept
    assert {row["as_of"] for row in books.rows("SELECT as_of FROM profiles")} == set(moments)
    assert (gone["snapshots"], gone["members"], gone["profiles"]) == (2, loose[0].customers + loose[1].customers, 0)
    assert prune(database, tenant=tenant, keep=1)["profiles"] == loose[2].customers
    assert set(prune(database, tenant=tenant, keep=1).values()) == {0}
    with pytest.raises(Refusal, match="at least 1"):
        prune(database, tenant=tenant, keep=0)


def test_later_orders_and_events_change_no_segment(books: Books, segment: Any, tmp_path: Path) -> None:
    books.many(100)
    for scheme in SCHEMES:
        segment(scheme, out=tmp_path / f"{scheme}1.csv")
    for n in range(1, 40):
        books.order(f"c{n:05}", AS_OF + timedelta(seconds=n), 900)
        books.event(f"c{n:05}", "click", AS_OF + timedelta(seconds=n))
    for scheme in SCHEMES:
        segment(scheme, out=tmp_path / f"{scheme}2.csv")
        assert (tmp_path / f"{scheme}1.csv").read_bytes() == (tmp_path / f"{scheme}2.csv").read_bytes()


def test_the_rfm_file_shows_what_it_was_decided_on(books: Books, segment: Any, tmp_path: Path) -> None:
    books.customer("buyer")
    books.order("buyer", AS_OF - 2 * DAY, 33.5)
    books.customer("looker")
    segment("rfm", out=tmp_path / "rfm.csv")
    buyer, looker = read(tmp_path / "rfm.csv")
    assert list(buyer) == ["customer_id", "segment", "reason", "recency_days", "frequency", "monetary", "r", "f", "m"]
    assert (buyer["recency_days"], buyer["frequency"], buyer["monetary"], buyer["r"]) == ("2", "1", "33.50", "5")
    assert (looker["segment"], looker["recency_days"], looker["frequency"]) == ("prospect", "", "0")


def test_customers_who_sign_up_later_are_left_out_and_counted(books: Books, segment: Any) -> None:
    books.customer("here")
    books.customer("unborn", signup_date=AS_OF.date() + DAY)
    told = segment().to_json()
    assert (told["customers"], told["not_yet_customers"]) == (1, 1)


def test_formulas_are_neutralised(books: Books, segment: Any, policies: Path, tmp_path: Path) -> None:
    for start in ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "'="):
        books.customer(f"{start}x", company=f"{start}cmd()", attributes=None)
    rules = {
        "segments": [
            {
                "segment": "firms",
                "description": "d",
                "when": [{"field": "company", "known": True}],
                "because": "{company}",
            }
        ],
        "default": {"segment": "rest", "description": "d", "because": "b"},
    }
    (policies / "segments_rules.yaml").write_text(yaml.safe_dump(rules))
    segment("rules", policies=policies, out=tmp_path / "f.csv")
    for row in read(tmp_path / "f.csv"):
        assert all(row[name].startswith("'") for name in ("customer_id", "reason", "company"))


def test_small_segments_are_merged_with_the_reason(books: Books, segment: Any, policies: Path, tmp_path: Path) -> None:
    books.many(60)
    books.customer("rare", tags=["vip"])
    rules = {
        "segments": [
            {"segment": "vip", "description": "d", "when": [{"field": "tags", "is": "vip"}], "because": "tagged {tags}"}
        ],
        "default": {"segment": "rest", "description": "d", "because": "b"},
        "small_segments": {"min_size": 2, "action": "merge"},
    }
    (policies / "segments_rules.yaml").write_text(yaml.safe_dump(rules))
    told = segment("rules", policies=policies, out=tmp_path / "f.csv")
    assert [(s.segment, s.flag) for s in told.segments] == [("rest", "took in 'vip' (1)")]
    reason = read(tmp_path / "f.csv")[-1]["reason"]
    assert reason.startswith("tagged vip; merged from 'vip', which had only 1 customer of 61")


def test_tenants_do_not_touch_each_other(database: Database, books: Books, segment: Any) -> None:
    books.many(20)
    segment()
    with database.transaction("another") as connection:
        for table in ("profiles", "segment_members", "segments", "segment_snapshots"):
            assert connection.execute(f"SELECT 1 FROM {table}").fetchall() == []


def test_what_cannot_be_done_is_refused_and_leaves_nothing(books: Books, segment: Any, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="has no customers"):
        segment()
    books.customer("a")
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("no tenant nobody", {"tenant": "nobody"}),
        ("no tenant", {"tenant": "x'; DROP TABLE orders; --"}),
        ("no scheme 'magic'", {"scheme": "magic"}),
        ("had no customer yet", {"as_of": AS_OF.replace(year=2001)}),
        ("does not exist", {"out": tmp_path / "nowhere" / "x.csv"}),
        ("is a folder", {"out": tmp_path}),
        ("cannot be read", {"policies": tmp_path}),
        ("no time zone", {"as_of": AS_OF.replace(tzinfo=None)}),
    ]
    for told, options in wrong:
        with pytest.raises(Refusal, match=told):
            segment(**{"out": tmp_path / "x.csv", **options})
    assert list(tmp_path.iterdir()) == []
    assert books.rows("SELECT 1 FROM segment_snapshots UNION ALL SELECT 1 FROM profiles") == []


def placed(database: Database, tenant: str, rules: RuleSet) -> list[dict[str, Any]]:
    statement = placing(rules, AS_OF.date())
    with database.transaction(tenant) as connection:
        connection.execute(
            "CREATE TEMP TABLE profile_now (place integer, customer_id text, recency_days integer, frequency integer, "
            "monetary numeric, average_order numeric, r smallint, f smallint, m smallint, engagement_score float8, "
            "inactive_days integer, lifecycle_stage text, churn_risk float8, preferred_hour smallint) ON COMMIT DROP"
        )
        connection.execute(
            "INSERT INTO profile_now SELECT row_number() OVER (), format('%s%s%s', r, f, m), 10, 3, 5, 2, r, f, m, 0, "
            "1, 'active', 0, NULL FROM generate_series(1, 5) AS r, generate_series(1, 5) AS f, "
            "generate_series(1, 5) AS m"
        )
        connection.execute("INSERT INTO profile_now VALUES (126, 'never', NULL, 0, 0, NULL, 1, 1, 1, 0, 1, 'new', 0)")
        cursor = ClientCursor(connection, row_factory=connection.row_factory)
        return cursor.execute(statement.text, statement.values).fetchall()


def test_the_rfm_segments_cover_every_score_and_the_never_bought(database: Database, tenant: str) -> None:
    rules = read_rules(POLICIES / "segments_rfm.yaml")
    got = {row["customer_id"]: rules.placements[row["number"]].segment for row in placed(database, tenant, rules)}
    assert set(got) == {*("".join(score) for score in product("12345", repeat=3)), "never"}
    assert got["never"] == "prospect"
    samples = {
        "555": "champions",
        "355": "loyal",
        "155": "cannot lose",
        "511": "new",
        "411": "promising",
        "111": "lost",
    }
    assert {score: got[score] for score in samples} == samples
    assert set(got.values()) == {p.segment for p in rules.placements}


HOSTILE = st.sampled_from(["'; DROP TABLE customers; --", "%s %(v0)s %%", '"quoted"', "{0}", "\\", "vip", "é\n"])
ANY_TEXT = [name for name, kind in FIELDS.items() if kind == "text" and name not in ("lifecycle_stage", "country")]
TEXT_FIELDS = ANY_TEXT + ['attributes.it\'s %s "x"', "attributes.a"]
CONDITIONS = st.one_of(
    st.builds(lambda f, v: {"field": f, "is": v}, st.sampled_from([*TEXT_FIELDS, "tags"]), HOSTILE),
    st.builds(lambda f, v: {"field": f, "not_in": [v, "a"]}, st.sampled_from([*TEXT_FIELDS, "tags"]), HOSTILE),
    st.builds(
        lambda f, o, v: {"field": f, o: v},
        st.sampled_from([n for n, k in FIELDS.items() if k == "number"] + ["attributes.a"]),
        st.sampled_from(["at_least", "at_most", "more_than", "less_than", "is", "is_not"]),
        st.one_of(st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    ),
    st.builds(lambda f, o: {"field": f, o: True}, st.sampled_from(list(FIELDS)), st.sampled_from(["known", "unknown"])),
)
WHEN = st.lists(
    st.one_of(CONDITIONS, st.lists(CONDITIONS, min_size=1, max_size=3).map(lambda c: {"any": c})),
    min_size=1,
    max_size=3,
)
SENTENCES = st.one_of(
    HOSTILE.map(lambda t: t.replace("{0}", "")), st.sampled_from(list(FIELDS)).map(lambda f: f"%s {{{f}}} ' %")
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=st.lists(st.tuples(WHEN, SENTENCES.filter(bool)), max_size=4))
def test_every_rule_set_places_everybody_once_and_runs_no_text_of_its_own(
    database: Database, tenant: str, rules: list[tuple[Any, str]]
) -> None:
    content = {
        "segments": [
            {"segment": f"s{n}", "description": "d", "when": when, "because": because}
            for n, (when, because) in enumerate(rules)
        ],
        "default": {"segment": "rest", "description": "d", "because": "nothing else"},
    }
    rows = placed(database, tenant, RuleSet.model_validate(content))
    assert len({row["customer_id"] for row in rows}) == len(rows) == 126
    assert all(0 <= row["number"] <= len(rules) and row["reason"] is not None for row in rows)


def test_rules_ask_about_customers_tags_and_attributes(
    books: Books, segment: Any, policies: Path, tmp_path: Path
) -> None:
    from psycopg.types.json import Jsonb

    books.customer("a", country="NO", tags=["vip", "x"], attributes=Jsonb({"points": "70", "shop %s": "oslo"}))
    books.customer("b", country="SE", attributes=Jsonb({"points": "many"}))
    books.customer("c", signup_date=date(2026, 6, 20))
    rules = """
    segments:
      - segment: rich
        description: d
        when:
          - {field: attributes.points, at_least: 50}
          - any: [{field: country, is: NO}, {field: country, is: "DK"}]
          - {field: tags, in: [vip]}
        because: "{attributes.points} points in {attributes.shop %s}, 100 % sure"
      - {segment: fresh, description: d, when: [{field: signup_days, at_most: 10}], because: "{signup_days} days"}
    default: {segment: rest, description: d, because: "from {country}"}
    """
    (policies / "segments_rules.yaml").write_text(rules)
    segment("rules", policies=policies, out=tmp_path / "r.csv")
    rows = read(tmp_path / "r.csv")
    assert [(r["segment"], r["reason"]) for r in rows] == [
        ("rich", "70 points in oslo, 100 % sure"),
        ("rest", "from SE"),
        ("fresh", "10 days"),
    ]
    assert rows[0]["attributes.shop %s"] == "oslo"
    assert rows[0]["tags"] == "vip, x"


def test_kmeans_of_a_handful_says_why_there_is_one_segment(books: Books, segment: Any) -> None:
    books.customer("only")
    told = segment("kmeans")
    assert [(s.segment, s.customers) for s in told.segments] == [("everybody", 1)]
    assert "Only 1 instead of at least 3" in told.segments[0].description
