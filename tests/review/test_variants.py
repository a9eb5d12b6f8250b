"""Single variants: edited, decided upon, rated; who made one does not approve it, and all of it is kept."""

from datetime import date

import pytest

from pipelines.contracts import Changed, Refusal
from pipelines.generation.run import draft, editable, open_campaign, retrieve, rewrite
from pipelines.review.differences import differences
from pipelines.review.ports import Board, Rewritten
from pipelines.review.run import decide_variants, edit, feedback, grant, rate_variants, reviewed
from pipelines.review.run import editable as to_edit
from pipelines.settings import PROJECT
from tests.generation.conftest import (  # noqa: F401 - fixtures
    BRIEF,
    TRUE,
    answered,
    customers,
    make_studio,
    message,
    snapshot,
)


class Rewriter:
    """As services put it together."""

    def __init__(self, studio):
        self.studio = studio

    def editable(self, connection, variant_id):
        return editable(connection, variant_id)

    def rewrite(self, connection, tenant, variant_id, wanted, *, by):
        made = rewrite(self.studio, connection, tenant, variant_id, wanted, by=by)
        before, after = ({place: one.text for place, one in m.sentences()} for m in (made.before, made.after))
        return Rewritten(made.variant_id, made.version, made.campaign_id, made.content_hash, before, after)


@pytest.fixture
def desk_of_rita(database, make_studio, customers, snapshot):  # noqa: F811
    """A drafted campaign, the board that reviews it, its first variant, and what was screened of it."""
    studio, screened = make_studio(lambda ask: answered(message(TRUE))), []
    opened = open_campaign(studio, customers, BRIEF, by="mo")
    retrieve(studio, customers, opened.campaign_id, snapshot(customers, opened))
    draft(studio, customers, opened.campaign_id, by="mo")
    board = Board(
        database,
        PROJECT / "data" / "policies",
        Rewriter(studio),
        lambda tenant, ids: screened.append(ids),
        len,
        date.today,
    )
    grant(database, customers, "rita", "reviewer", by="root", at_machine=True)
    variant = reviewed(board, customers, opened.campaign_id)["variants"][0]["variant_id"]
    return board, customers, variant, screened


def rows(board, tenant, statement):
    with board.database.transaction(tenant) as connection:
        return connection.execute(statement).fetchall()


def test_an_edit_is_a_new_version_verified_and_screened_at_once(desk_of_rita):
    board, tenant, variant, screened = desk_of_rita
    wanted = to_edit(board, tenant, variant)
    wanted["subject"] = "A quiet evening at home"
    wanted["blocks"][1]["sentences"] = ["The wool throw weighs 900 g.", *wanted["blocks"][1]["sentences"]]
    made = edit(board, tenant, variant, wanted, by="rita")
    assert (made["version"], screened) == (2, [[variant]])
    changed = {one["place"]: one["after"] for one in made["changes"]}
    assert changed["subject"] == "A quiet evening at home"
    assert changed["block 2.1"] == "The wool throw weighs 900 g."
    (new,) = rows(board, tenant, f"SELECT * FROM variants WHERE variant_id = '{variant}' AND version = 2")
    assert (new["created_by"], new["status"], new["subject"]) == ("rita", "drafted", "A quiet evening at home")
    assert "900 g" in new["html"]
    cited = rows(board, tenant, "SELECT * FROM variant_sentences WHERE version = 2 AND text LIKE '%900 g%'")
    assert [(row["verdict"], row["passage_ids"][0]) for row in cited] == [("supported", "throw-1")]
    assert rows(board, tenant, "SELECT actor, decision FROM audit_log WHERE action = 'variant.edit'") == [
        {"actor": "rita", "decision": "edited"}
    ]
    with pytest.raises(Refusal, match="rita wrote this variant"):
        decide_variants(board, tenant, [variant], "approve", by="rita")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m["blocks"][1].update(sentences=["The wool throw weighs 700 g."]), "does not stand: block 2.1"),
        (lambda m: m.update(subject="Hello {{contact.salary}}"), "does not stand: subject"),
        (lambda m: m.pop("preheader"), "is no message"),
        (lambda m: None, "Nothing in variant"),
    ],
)
def test_an_edit_that_does_not_stand_leaves_nothing(desk_of_rita, change, words):
    board, tenant, variant, screened = desk_of_rita
    wanted = to_edit(board, tenant, variant)
    change(wanted)
    with pytest.raises(Refusal, match=words):
        edit(board, tenant, variant, wanted, by="rita")
    assert rows(board, tenant, f"SELECT max(version) AS newest FROM variants WHERE variant_id = '{variant}'") == [
        {"newest": 1}
    ]
    assert screened == []


def test_who_has_no_role_edits_nothing(desk_of_rita):
    board, tenant, variant, _ = desk_of_rita
    with pytest.raises(Refusal, match="has no role"):
        edit(board, tenant, variant, {**to_edit(board, tenant, variant), "subject": "Hi"}, by="nobody")


def test_feedback_is_kept_for_all_or_for_none(stage):
    both = ["v-loyal", "v-new"]
    rate_variants(stage.board, stage.tenant, both, by="rita", rating=4, flags=["too_long"], comment="nearly")
    decide_variants(stage.board, stage.tenant, both, "approve", by="rita", comment="good")
    said = feedback(stage.board, stage.tenant, "v-new")
    assert [(one["rating"], one["flags"], one["comment"], one["decision"]) for one in said] == [
        (4, ["too_long"], "nearly", None), (None, [], "good", "approve"),
    ]  # fmt: skip
    assert stage.audit()[-1] == ("variant.approve", "approved", "rita")
    with pytest.raises(Changed, match=r"v-new for new was changed since .* version 2, and version 1 stands now"):
        decide_variants(stage.board, stage.tenant, both, "reject", by="rita", comment="no", seen={"v-new": 2})
    with pytest.raises(Refusal, match="no variant v-none"):
        rate_variants(stage.board, stage.tenant, ["v-new", "v-none"], by="rita", rating=1)
    assert len(feedback(stage.board, stage.tenant, "v-new")) == 2
    (row,) = [r for r in stage.sql("SELECT * FROM templates") if r["variant_id"] == "v-new"]
    assert (row["approved_by"], row["source"], row["features_used"]) == ("rita", "offline/1", ["orders"])
    assert row["approved_at"] is not None
    shown = reviewed(stage.board, stage.tenant, stage.campaign)["variants"]
    assert [(one["rating"], one["decision"], one["approvable"]) for one in shown] == [(4.0, "approve", True)] * 2


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"rating": 6}, "from 1 to 5"),
        ({"flags": ["Not A Flag"]}, "is no flag"),
        ({}, "Give a rating"),
        ({"comment": "x" * 2001}, "longer than 2000"),
        ({"rating": 3, "by": "nobody"}, "has no role"),
    ],
)
def test_feedback_that_says_nothing_or_too_much_is_refused(stage, told, words):
    with pytest.raises(Refusal, match=words):
        rate_variants(stage.board, stage.tenant, ["v-new"], **{"by": "rita", **told})


def test_a_maker_approves_none_of_their_own_variants_and_a_rejection_says_why(stage):
    grant(stage.board.database, stage.tenant, "mo", "reviewer", by="root", at_machine=True)
    with pytest.raises(Refusal, match="mo wrote this variant"):
        decide_variants(stage.board, stage.tenant, ["v-new"], "approve", by="mo")
    with pytest.raises(Refusal, match="needs a comment"):
        decide_variants(stage.board, stage.tenant, ["v-new"], "reject", by="rita")
    grant(stage.board.database, stage.tenant, "olga", "operator", by="root", at_machine=True)
    with pytest.raises(Refusal, match="olga may not decide"):
        decide_variants(stage.board, stage.tenant, ["v-new"], "approve", by="olga")


def test_differences_name_the_place_and_the_words():
    found = differences({"subject": "a warm evening", "same": "x"}, {"subject": "a quiet evening", "same": "x"})
    assert [one["place"] for one in found] == ["subject"]
    assert found[0]["runs"] == [("kept", "a"), ("out", "warm"), ("in", "quiet"), ("kept", "evening")]
