"""Documents that people bring: found only after somebody else approved them, and no more once they are withdrawn."""

from __future__ import annotations

import psycopg
import pytest

from pipelines.contracts import Changed, Refusal
from pipelines.knowledge.contributions import bring, contribution, contributions, decide
from pipelines.knowledge.run import index_again, what_to_index
from tests.knowledge.conftest import documents

KETTLE = b"---\ntitle: Kettle\napproved_by: Mark\napproved_at: 2020-01-01\n---\n\nThe Kettle boils a litre of water.\n"


@pytest.fixture
def people(database, tenant):
    """Mark brings, Vera may approve."""
    with database.transaction(tenant) as connection:
        for user, role in (("mark", "operator"), ("mark", "reviewer"), ("vera", "compliance")):
            connection.execute(
                "INSERT INTO access_grants (tenant_id, user_name, role, granted_by, granted_at) "
                "VALUES (%s, %s, %s, 'test', now())",
                (tenant, user, role),
            )


@pytest.fixture
def kettle(library, tenant, people):
    return bring(library, tenant, "kettle.md", KETTLE, by="mark")["contribution_id"]


def test_it_is_found_once_another_approved_it_and_no_more_once_withdrawn(
    library, tenant, kettle, index, shelf, find, database
):
    shelf.stock()
    index()
    assert "kettle" not in documents(find("kettle"))
    decide(library, tenant, kettle, "approve", by="vera", comment="as the maker says")
    assert not contribution(library, tenant, kettle)[0]["indexed"]
    index_again(library, tenant)
    (hit,) = [hit.passage for hit in find("kettle") if hit.passage.document_id == "kettle"]
    # Who said yes here, not whom the file names.
    assert (hit.approved_by, str(hit.approved_at)) == ("vera", "2026-11-20")
    assert contribution(library, tenant, kettle)[0]["indexed"]
    assert index().unchanged == index_again(library, tenant).passages
    decide(library, tenant, kettle, "withdraw", by="mark")
    index_again(library, tenant)
    assert "kettle" not in documents(find("kettle"))
    assert "throw" in documents(find("wool throw"))
    with database.transaction(tenant) as connection:
        told = connection.execute(
            "SELECT c.action, c.actor FROM audit_entries AS e, LATERAL audit_cells(e.body) AS c ORDER BY e.seq"
        ).fetchall()
    assert [tuple(row.values()) for row in told] == [
        ("knowledge.bring", "mark"), ("knowledge.approve", "vera"), ("knowledge.withdraw", "mark"),
    ]  # fmt: skip


def test_what_is_withdrawn_is_found_no_more_though_the_folder_cannot_be_indexed(
    library, tenant, kettle, index, shelf, find, database
):
    shelf.stock()
    index()
    decide(library, tenant, kettle, "approve", by="vera")
    index_again(library, tenant)
    shelf.put("throw-2", "Other words.", id="throw")
    decide(library, tenant, kettle, "withdraw", by="vera")
    with pytest.raises(Refusal, match="the id throw stands 2 times"):
        index_again(library, tenant)
    assert "kettle" not in documents(find("kettle"))
    assert "throw" in documents(find("wool throw"))
    with database.transaction(tenant) as connection:
        kept = connection.execute("SELECT approved_by, retired_at FROM passages WHERE document_id = 'kettle'")
        assert kept.fetchall() == [{"approved_by": None, "retired_at": None}]


def test_a_tenant_without_a_folder_has_what_was_brought(library, tenant, kettle, find):
    with pytest.raises(Refusal, match="no document that was brought is approved"):
        what_to_index(library, {"tenant": tenant}, [])
    decide(library, tenant, kettle, "approve", by="vera")
    assert what_to_index(library, {"tenant": tenant}, []) == [{"tenant": tenant, "folder": None}]
    index_again(library, tenant)
    assert documents(find("kettle")) == ["kettle"]
    decide(library, tenant, kettle, "withdraw", by="vera")
    assert index_again(library, tenant).removed == 1
    assert find("kettle") == []


def test_who_brought_it_does_not_approve_it_and_who_has_no_role_decides_nothing(library, tenant, kettle, database):
    with pytest.raises(Refusal, match="brought kettle.md, so somebody else has to approve it"):
        decide(library, tenant, kettle, "approve", by="MARK ")
    for decision in ("approve", "reject", "withdraw"):
        with pytest.raises(Refusal, match="eve has no role that decides on documents"):
            decide(library, tenant, kettle, decision, by="eve")
    assert contribution(library, tenant, kettle)[0]["state"] == "waiting"
    with database.transaction(tenant) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE contributions SET content = 'x'")


def test_another_version_replaces_it_only_when_it_is_approved_itself(library, tenant, kettle, find):
    decide(library, tenant, kettle, "approve", by="vera")
    index_again(library, tenant)
    again = bring(library, tenant, "kettle.md", KETTLE, by="mark")
    assert (again["contribution_id"], again["version"]) == (kettle, 1)
    newer = bring(library, tenant, "kettle.md", KETTLE.replace(b"a litre", b"two litres"), by="mark")
    index_again(library, tenant)
    assert "a litre" in find("kettle")[0].passage.text
    decide(library, tenant, newer["contribution_id"], "approve", by="vera")
    index_again(library, tenant)
    assert "two litres" in find("kettle")[0].passage.text
    states = {row["version"]: row["state"] for row in contributions(library, tenant)}
    assert states == {1: "replaced", 2: "approved"}
    with pytest.raises(Changed, match="version 1, is replaced already"):
        decide(library, tenant, kettle, "approve", by="vera")


def test_an_id_stands_once(library, tenant, kettle, index, shelf):
    shelf.stock()
    index()
    with pytest.raises(Refusal, match=r"The id throw stands in throw.md already"):
        bring(library, tenant, "throw.txt", b"The Wool throw is free.", by="mark")
    other = bring(library, tenant, "boiler.md", b"---\nid: kettle\n---\n\nThe boiler.\n", by="mark")
    decide(library, tenant, kettle, "approve", by="vera")
    with pytest.raises(Refusal, match="the id kettle stands 2 times"):
        decide(library, tenant, other["contribution_id"], "approve", by="vera")
    shelf.put("kettle", "The folder has a kettle now.")
    with pytest.raises(
        Refusal, match=r"/brought/1/kettle.md, kettle.md: the id kettle|kettle.md, /brought/1/kettle.md"
    ):
        index()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("photo.png", b"x", "give the file a plain name that ends in one of"),
        ("../kettle.md", b"Text.", "plain name"),
        ("prices.meta.yaml", b"id: x", "plain name"),
        ("empty.md", b"", "holds no text"),
        ("odd.md", b"\xff\xfe\x00", "it is no text"),
        ("late.md", b"---\nexpires_at: soon\n---\n\nText.\n", "'soon', which is no day"),
        ("large.txt", b"x" * 2_000_001, "at most 2,000,000"),
    ],
)
def test_what_cannot_be_brought_says_why(library, tenant, name, content, said):
    with pytest.raises(Refusal, match=said):
        bring(library, tenant, name, content, by="mark")
    assert contributions(library, tenant) == []
