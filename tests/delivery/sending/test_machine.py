"""Whatever happens, in whatever order: nothing is delivered twice, nothing without papers, and nobody is forgotten."""

import contextlib
import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pipelines.contracts import Refusal
from pipelines.delivery import run as step
from pipelines.delivery.claiming import Claim, claim
from pipelines.delivery.ports import Receipt
from pipelines.delivery.sending import send_what_is_due
from pipelines.tenants.run import create_tenant
from tests.delivery.sending.conftest import CAMPAIGN, Launch

PEOPLE = 4
OUTCOMES = st.lists(
    st.sampled_from(["accepted", "accepted", "accepted", "rejected", "unknown", "retry"]), min_size=1, max_size=6
)
_numbers = itertools.count(1)


class Deliveries(RuleBasedStateMachine):
    """A campaign to four people, and what can happen to it."""

    database = None
    reached: set[str] = set()

    @initialize()
    def begin(self):
        self.launch = Launch(self.database, create_tenant(self.database, f"ledger{next(_numbers)}").tenant_id)
        self.launch.launch(people=PEOPLE)
        self.launch.deliver_by(failures_in_a_row=1000, longest_wait_seconds=0, claim_at_once=3)
        self.stopped, self.texts = set(), 1

    def answer(self, outcomes):
        said = itertools.cycle(outcomes)

        def one(message):
            papers = self.launch.rows(
                "SELECT approved_for_sending(%s) AS yes, c.status, s.state, s.customer_id FROM campaigns AS c "
                "INNER JOIN sends AS s ON s.campaign_id = c.campaign_id WHERE s.message_id = %s",
                CAMPAIGN, message.message_id,
            )[0]  # fmt: skip
            assert papers["yes"]
            assert (papers["status"], papers["state"]) == ("active", "claimed")
            assert papers["customer_id"] not in self.stopped
            outcome = next(said)
            if outcome == "retry":
                self.launch.channel.messages.remove(message)
            self.reached.add(outcome)
            return Receipt(message.message_id, outcome, None, outcome, "as told")

        return one

    @rule(outcomes=OUTCOMES, alone=st.booleans())
    def send(self, outcomes, alone):
        self.launch.channel.answer = self.answer(outcomes)
        self.launch.deliver_by(one_per_request=alone)
        with contextlib.suppress(Refusal):
            self.launch.go()

    @rule(outcomes=OUTCOMES)
    def go_on(self, outcomes):
        self.launch.channel.answer = self.answer(outcomes)
        send_what_is_due(self.launch.post, self.launch.tenant, CAMPAIGN)

    @rule()
    def claim_and_die(self):
        with self.launch.database.session(self.launch.tenant) as session:
            claim(self.launch.post, session, CAMPAIGN, by="ada")

    @rule(minutes=st.sampled_from([1, 16, 100]))
    def wait(self, minutes):
        self.launch.now += timedelta(minutes=minutes)

    @rule(number=st.integers(0, PEOPLE - 1))
    def say_stop(self, number):
        customer = f"c{number:03}"
        if customer not in self.stopped:
            self.launch.suppress(f"{customer}@example.com", "unsubscribe")
            self.stopped.add(customer)

    @rule(turn=st.sampled_from(["pause", "resume"]))
    def steer(self, turn):
        step.steer(self.launch.database, self.launch.tenant, CAMPAIGN, turn, by="mo", reason="r", now=self.launch.now)

    @rule(asked=st.booleans())
    def edit(self, asked):
        self.texts += 1
        self.launch.text("direct", version=self.texts, body=f"Text {self.texts} for {{{{contact.name|you}}}}")
        if asked:
            self.launch.say_yes()

    @rule(verdict=st.sampled_from(["sent", "not-sent"]))
    def resolve(self, verdict):
        step.resolve(self.launch.post, self.launch.tenant, CAMPAIGN, verdict, by="mo", reason="r")

    @precondition(lambda self: hasattr(self, "launch"))
    @invariant()
    def nothing_twice_and_nobody_forgotten(self):
        assert set(self.launch.channel.deliveries.values()) <= {1}
        told = self.launch.standing()
        assert told.claimed == told.accepted + told.rejected + told.unknown
        assert told.audience == told.claimed + told.skipped + told.waiting == PEOPLE


def test_no_order_of_things_breaks_it(database):
    machine = type("Machine", (Deliveries,), {"database": database})
    quiet = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=15, deadline=None, derandomize=True, suppress_health_check=quiet
        ),
    )
    # By luck alone an example may send nothing, and few examples nothing at all.
    assert Deliveries.reached >= {"accepted", "rejected", "unknown", "retry"}


def test_a_claim_that_is_dropped_is_nobodys_again(launch):
    launch.queue()
    with launch.database.session(launch.tenant) as session:
        first = claim(launch.post, session, CAMPAIGN, by="ada")
        second = claim(launch.post, session, CAMPAIGN, by="ada")
    assert isinstance(first, Claim)
    assert not isinstance(second, Claim)
    with pytest.raises(Refusal, match="no message of campaign"):
        step.resolve(launch.post, launch.tenant, CAMPAIGN, "sent", by="mo", reason="r", messages=["nobody"])
