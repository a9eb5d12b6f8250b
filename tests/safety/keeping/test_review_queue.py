"""What waits for a person: who may let it pass, what silence means, and that people are told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from pipelines.contracts import Refusal
from pipelines.safety.ports import NotDelivered
from pipelines.safety.queue_policy import FILE, read_queue_policy
from pipelines.safety.run import expire, queue, reject, release, screen_campaign, tell
from tests.conftest import NOW

DOUBTFUL = "We saw nudes."


@pytest.fixture
def doubtful(house):
    """The hash of a text that waits for a person."""
    house.campaign()
    content = house.write("doubtful", DOUBTFUL, maker="ada")
    screen_campaign(house.checkpoint, house.tenant, "spring")
    return content


def letting(house, content, by="rita", reason="Nudes is the name of a lipstick."):
    release(house.checkpoint, house.tenant, content, by=by, reason=reason)


def later(house, hours):
    return house.at(clock=lambda: NOW + timedelta(hours=hours))


def test_somebody_else_lets_it_pass_and_the_ledger_says_why(house, doubtful):
    (waiting,) = queue(house.checkpoint, house.tenant)
    assert (waiting["object"], waiting["priority"], waiting["overdue"]) == (doubtful, 2, False)
    letting(house, doubtful)
    (row,) = house.ask("SELECT * FROM screenings")
    assert (row["decision"], row["released_by"], row["cleared"]) == ("review", "rita", True)
    (entry,) = house.ledger("release")
    told = (entry["actor"], entry["actor_kind"], entry["decision"], entry["overrides"], entry["override_reason"])
    assert told == ("rita", "person", "pass", "review", "Nudes is the name of a lipstick.")
    assert (entry["content_hash"], entry["campaign_id"]) == (doubtful, "spring")
    assert entry["policy_version"] == row["policy_version"]
    assert queue(house.checkpoint, house.tenant) == []
    before = house.rows()
    summary = screen_campaign(house.checkpoint, house.tenant, "spring")
    assert (summary.reviewed, summary.cleared, house.rows()) == (1, 1, before)


@pytest.mark.parametrize("by", ["ada", "ADA", " ada "])
def test_who_made_it_cannot(house, doubtful, by):
    with pytest.raises(Refusal, match="cannot release it"):
        letting(house, doubtful, by=by)
    assert len(queue(house.checkpoint, house.tenant)) == 1
    assert house.ledger("release") == []


def test_a_role_is_needed(house, doubtful):
    for stranger in ("olga", "mona", "nobody"):
        with pytest.raises(Refusal, match="needs one of the roles qa, compliance"):
            letting(house, doubtful, by=stranger)
    letting(house, doubtful, by="carla")


def asked(house, kind="vip", code="vip"):
    """A question that a guardrail put about the campaign."""
    (row,) = house.ask(
        "INSERT INTO escalations (tenant_id, kind, campaign_id, object, code, reason, priority, opened_at, due_at) "
        "VALUES (current_setting('liftline.tenant'), %s, 'spring', 'spring', %s, 'r', 2, %s, %s) "
        "RETURNING escalation_id",
        (kind, code, NOW - timedelta(hours=1), NOW + timedelta(hours=1)),
    )
    return row["escalation_id"]


def test_a_question_of_a_guardrail_is_answered_once_by_who_may(house):
    house.campaign()
    question = asked(house)
    for who, why in (("rita", "roles manager, director"), ("ada", "made this campaign")):
        with pytest.raises(Refusal, match=why):
            letting(house, question, by=who)
    letting(house, question, by="mona")
    (entry,) = house.ledger("release")
    assert (entry["actor"], entry["overrides"], entry["campaign_id"]) == ("mona", "review", "spring")
    with pytest.raises(Refusal, match="is closed: mona said approved"):
        reject(house.checkpoint, house.tenant, question, by="mona", reason="No.")


def test_a_question_is_for_the_director_or_for_the_approval_where_policy_says_so_and_not_for_ever(house):
    house.campaign()
    with pytest.raises(Refusal, match="needs one of the roles director"):
        letting(house, asked(house, "money", "discount_needs_director"), by="mona")
    with pytest.raises(Refusal, match="liftline review approve"):
        letting(house, asked(house, "approval", "approval"), by="rita")
    with pytest.raises(Refusal, match="silence counts as a no"):
        letting(later(house, 2), asked(house), by="mona")


def test_what_does_not_wait_cannot_be_let_pass(house, doubtful):
    fine, vile = house.write("fine"), house.write("vile", "They are vermin.")
    screen_campaign(house.checkpoint, house.tenant, "spring")
    for content, sentence in ((fine, "is a pass"), (vile, "is a block"), ("0" * 64, "screen its campaign first")):
        with pytest.raises(Refusal, match=sentence):
            letting(house, content)
    for by, reason in (("", "why"), ("rita", " ")):
        with pytest.raises(Refusal, match="--as and why with --reason"):
            letting(house, doubtful, by=by, reason=reason)
    letting(house, doubtful)
    with pytest.raises(Refusal, match="was released by rita"):
        letting(house, doubtful, by="olga")


def test_a_no_stays_a_no(house, doubtful):
    reject(house.checkpoint, house.tenant, doubtful, by="ada", reason="True enough.")
    assert [(entry["decision"], entry["actor"]) for entry in house.ledger("escalation")] == [("rejected", "ada")]
    with pytest.raises(Refusal, match="it was rejected, or nobody answered"):
        letting(house, doubtful)
    before = house.rows()
    assert screen_campaign(house.checkpoint, house.tenant, "spring").cleared == 0
    assert house.rows() == before


def test_silence_never_approves(house, doubtful):
    late = later(house, 8.1)
    with pytest.raises(Refusal, match="nobody answered in time"):
        letting(late, doubtful)
    assert expire(later(house, 7.9).checkpoint, [house.tenant]) == {}
    assert [row["overdue"] for row in queue(late.checkpoint, house.tenant)] == [True]
    assert expire(late.checkpoint, [house.tenant]) == {house.tenant: 1}
    assert queue(late.checkpoint, house.tenant) == []
    (entry,) = house.ledger("escalation")
    assert (entry["decision"], entry["actor_kind"], entry["execution_status"]) == ("rejected", "system", "expired")
    assert "silence never approves" in entry["reason"]
    before = house.rows()
    assert expire(late.checkpoint, [house.tenant]) == {}
    assert house.rows() == before
    with pytest.raises(Refusal, match="nobody answered in time"):
        letting(house, doubtful)


def test_one_release_wins_where_two_come_at_once(house, doubtful):
    def attempt(who):
        try:
            letting(house, doubtful, by=who)
            return who
        except Refusal as refusal:
            return str(refusal)

    with ThreadPoolExecutor(4) as crowd:
        said = list(crowd.map(attempt, ["rita", "olga", "mark", "vera"]))
    assert sum(one in ("rita", "olga", "mark", "vera") for one in said) == 1
    assert len(house.ledger("release")) == 1


def test_people_are_told_once_with_a_link_and_without_the_words(house, doubtful):
    messenger = house.checkpoint.notifier
    (notice,) = messenger.told
    assert (notice.waiting, notice.priority, notice.campaign_id) == (1, 2, "spring")
    assert notice.link.startswith("https://liftline.example/")
    assert house.tenant in notice.link
    assert "nudes" not in repr(notice)
    assert tell(house.checkpoint, [house.tenant]) == {}
    for n in range(3):
        house.write(f"more{n}", f"{DOUBTFUL} Number {n}.")
    screen_campaign(house.checkpoint, house.tenant, "spring")
    assert [one.waiting for one in messenger.told] == [1, 3]


def test_a_notifier_that_fails_loses_nothing(house):
    messenger = house.checkpoint.notifier
    messenger.fails = True
    house.campaign(doubtful=DOUBTFUL)
    assert screen_campaign(house.checkpoint, house.tenant, "spring").reviewed == 1
    assert [row["notified_at"] for row in queue(house.checkpoint, house.tenant)] == [None]
    with pytest.raises(NotDelivered, match=f"those of {house.tenant}: nobody answers"):
        tell(house.checkpoint, [house.tenant])
    messenger.fails = False
    assert tell(house.checkpoint, [house.tenant]) == {house.tenant: 1}
    assert queue(house.checkpoint, house.tenant)[0]["notified_at"]
    assert len(messenger.told) == 1


def test_two_who_tell_at_once_tell_once(house):
    messenger = house.checkpoint.notifier
    messenger.fails = True
    house.campaign(doubtful=DOUBTFUL)
    screen_campaign(house.checkpoint, house.tenant, "spring")
    messenger.fails = False
    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(lambda _: tell(house.checkpoint, [house.tenant]), range(4)))
    assert len(messenger.told) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "kinds: {content: {priority: 0, due_hours: 1}}\notherwise: {priority: 1, due_hours: 1}",
            "kinds.content.priority",
        ),
        ("kinds: {}", "otherwise"),
        ("kinds: [", "is not the YAML it should be"),
        (None, "review_queue.yaml"),
    ],
)
def test_a_policy_that_cannot_be_used_says_where(tmp_path, text, sentence):
    if text is not None:
        (tmp_path / FILE).write_text(text)
    with pytest.raises(Refusal, match=sentence):
        read_queue_policy(tmp_path)
