"""How far campaigns have come, what waits for whom, and campaigns that are stopped and go on."""

from datetime import UTC, datetime

import pytest

from pipelines.contracts import Refusal
from pipelines.review import browsing
from pipelines.review.progress import progress_of
from pipelines.review.run import approve, ask_for_approval, obstacle_for, standing

NOTHING = {
    "status": "draft", "approval": "unasked", "waits_for": None, "due_at": None, "units": 0, "drafted": 0,
    "blocked": 0, "screened": 0, "cleared": 0, "audience": None, "included": None,
    "begun": False, "waiting": False,
}  # fmt: skip
DUE = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("known", "word", "sentence"),
    [
        ({}, "Begun", "looked for"),
        ({"units": 3}, "Audience found", "3 groups of people wait"),
        ({"units": 1, "drafted": 3, "blocked": 1, "screened": 1}, "Drafted", "4 texts written, 2 not screened"),
        ({"units": 1, "drafted": 1, "screened": 1}, "Screened", "who may be written to"),
        ({"units": 1, "drafted": 1, "screened": 1, "audience": 9}, "Prepared", "Nobody has asked"),
        ({"approval": "open", "waits_for": "quality", "due_at": DUE}, "Waits for approval", "01 December 2026 09:30"),
        ({"approval": "void"}, "Changed", "ask again"),
        ({"approval": "approved", "status": "paused"}, "Paused", "resumes"),
        ({"approval": "approved"}, "Approved", "may be sent"),
        ({"approval": "approved", "begun": True, "waiting": True}, "Being sent", "still wait"),
        ({"approval": "approved", "begun": True}, "Sent", "waits now"),
    ],
)
def test_a_campaign_is_said_to_stand_where_it_stands(known, word, sentence):
    found = progress_of({**NOTHING, **known})
    assert found.word == word
    assert sentence in found.sentence


def test_campaigns_are_listed_page_by_page_with_their_counts(stage):
    stage.write("v-loyal", "loyal", status="blocked")
    (row,) = browsing.campaigns(stage.board.database, stage.tenant)
    counts = {name: row[name] for name in ("units", "drafted", "blocked", "screened", "cleared", "included")}
    assert counts == {"units": 2, "drafted": 1, "blocked": 1, "screened": 1, "cleared": 1, "included": 20}
    place = row["created_at"], row["campaign_id"]
    assert browsing.campaigns(stage.board.database, stage.tenant, before=place) == []
    assert browsing.campaign(stage.board.database, stage.tenant, "another") is None


def test_it_waits_for_who_may_fill_the_stage_and_for_nobody_else(stage):
    database, tenant = stage.board.database, stage.tenant
    ask_for_approval(stage.board, tenant, stage.campaign, by="mo")

    def waits_for():
        people = ("mo", "rita", "quentin", "mona", "dirk", "stranger")
        return {one for one in people if browsing.waiting_for(database, tenant, one)}

    assert waits_for() == {"rita", "mona", "dirk"}
    assert browsing.who_fills(database, tenant, standing(stage.board, tenant, stage.campaign)) == [
        "dirk",
        "mona",
        "rita",
    ]
    approve(stage.board, tenant, stage.campaign, by="rita")
    assert waits_for() == {"quentin"}
    stage.sql("UPDATE campaigns SET status = 'cancelled'")
    assert waits_for() == set()
    with pytest.raises(Refusal, match="is cancelled, so nothing of it can be approved"):
        approve(stage.board, tenant, stage.campaign, by="quentin")
    stage.sql("UPDATE campaigns SET status = 'draft'")
    assert waits_for() == {"quentin"}
    stage.write("v-loyal", "loyal")
    assert waits_for() == set()


def test_why_somebody_may_not_decide_is_said_before_they_try(stage):
    ask_for_approval(stage.board, stage.tenant, stage.campaign, by="mo")

    def why(by, decision="approve"):
        return obstacle_for(stage.board, stage.tenant, stage.campaign, decision, by=by)

    assert why("rita") is None
    assert "had a hand" in why("mo")
    assert "waits for the yes of marketing" in why("quentin")
    assert why("quentin", "reject") is None


def test_what_was_done_since_a_moment_is_counted(stage):
    ask_for_approval(stage.board, stage.tenant, stage.campaign, by="mo")
    approve(stage.board, stage.tenant, stage.campaign, by="rita")
    actions = ["approval.ask", "approval.approve"]
    found = browsing.since(stage.board.database, stage.tenant, datetime(2020, 1, 1, tzinfo=UTC), actions)
    assert found == {("approval.ask", "asked"): 1, ("approval.approve", "approved"): 1}
    assert browsing.since(stage.board.database, stage.tenant, datetime(2999, 1, 1, tzinfo=UTC), actions) == {}
