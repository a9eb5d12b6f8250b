"""Looking ahead: sizes of groups and a text for one of them, of which nothing stays; a text as its reader gets it."""

import pytest

from pipelines.contracts import Refusal
from pipelines.generation.run import draft, open_campaign, readers, received, retrieve, sizes, sketch
from pipelines.generation.showing import _file_name
from pipelines.segmentation.run import run as segment
from pipelines.settings import PROJECT
from tests.conftest import NOW

from .conftest import BRIEF, FALSE, TRUE, answered, message

KEPT = ("campaigns", "audience_units", "generations", "variants")


def counts(database, tenant):
    with database.transaction(tenant) as connection:
        return [connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()["n"] for table in KEPT]


@pytest.fixture
def taken(database, customers):
    policies = PROJECT / "data" / "policies"
    return segment(database, tenant=customers, scheme="rfm", policies=policies, clock=lambda: NOW).snapshot_id


def test_groups_of_each_kind_have_their_sizes(make_studio, customers, taken):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    found = {kind: sizes(studio, customers, kind, taken) for kind in ("segment", "persona", "account", "person")}
    assert [(row["label"], row["size"]) for row in found["account"]] == [("Blue Harbour", 2)]
    assert all(sum(row["size"] for row in found[kind]) == 3 for kind in ("segment", "persona", "person"))


@pytest.mark.parametrize(("fact", "code"), [(TRUE, "verified"), (FALSE, "claim_")])
def test_a_text_is_sketched_and_judged_and_nothing_is_kept(make_studio, database, customers, taken, fact, code):
    studio = make_studio(lambda ask: answered(message(fact)))
    before = counts(database, customers)
    (unit, *_) = sizes(studio, customers, "segment", taken)
    made = sketch(studio, customers, BRIEF, taken, unit["unit_id"], "friendly")
    assert made.judgement.code.startswith(code)
    assert (made.shown is not None) == (code == "verified")
    assert made.shown is None or "Hello there" in made.shown.text
    assert counts(database, customers) == before


@pytest.mark.parametrize(
    ("unit", "strategy", "why"), [("nobody", "friendly", "Nobody is in"), ("any", "urgency", "none of the strategies")]
)
def test_what_cannot_be_sketched_is_refused(make_studio, customers, taken, unit, strategy, why):
    with pytest.raises(Refusal, match=why):
        sketch(make_studio(lambda ask: answered(message(TRUE))), customers, BRIEF, taken, unit, strategy)


def test_a_text_is_shown_as_each_of_its_readers_gets_it(make_studio, customers, snapshot):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    opened = open_campaign(studio, customers, BRIEF, by="ada")
    retrieve(studio, customers, opened.campaign_id, snapshot(customers, opened))
    (row, *_) = draft(studio, customers, opened.campaign_id, by="ada").variants
    people = readers(studio, customers, row["variant_id"], most=2)
    assert len(people) == 2
    for one in people:
        shown = received(studio, customers, row["variant_id"], customer_id=one["customer_id"])
        assert f"Hello {one['first_name']}" in shown.text
        assert "{{" not in shown.html + shown.subject
    with pytest.raises(Refusal, match="is not one of them"):
        received(studio, customers, row["variant_id"], customer_id="nobody")


def test_a_reader_of_a_persona_has_a_job_of_that_persona(make_studio, customers, snapshot):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    audience = BRIEF.audience.model_copy(update={"unit": "persona"})
    opened = open_campaign(studio, customers, BRIEF.model_copy(update={"audience": audience}), by="ada")
    retrieve(studio, customers, opened.campaign_id, snapshot(customers, opened))
    rows = draft(studio, customers, opened.campaign_id, by="ada").variants
    read = {
        row["unit_id"]: [one["customer_id"] for one in readers(studio, customers, row["variant_id"])] for row in rows
    }
    assert len(read) > 1
    assert sorted(one for several in read.values() for one in several) == sorted({*sum(read.values(), [])})


def test_units_with_names_that_a_disk_takes_for_one_get_files_of_their_own():
    units = ["acme:1", "acme/1", "acme-1", "Acme-2"]
    names = {_file_name(unit, units) for unit in units}
    assert len(names) == 4
    assert "Acme-2" in names
