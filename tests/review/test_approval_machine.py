"""Approval as a state machine: whatever happens in whatever order, nothing may be sent that was not approved."""

import itertools

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pipelines.contracts import Refusal
from pipelines.review.run import approve, ask_for_approval, decide_variants, grant, reject, revoke, standing
from pipelines.tenants.run import create_tenant

PEOPLE = ("ann", "ben", "cleo", "dan")
ROLES = ("reviewer", "qa", "compliance", "manager", "operator")
FITS = {"marketing": {"reviewer", "manager", "director"}, "quality": {"qa", "compliance"}}
STAGES = ("marketing", "quality")
numbers = itertools.count(1)


class Approvals(RuleBasedStateMachine):
    """Beside the database a model of a few lines: who has which role, who made it, who said yes to which content."""

    reached: set[str] = set()

    @initialize()
    def enter(self):
        self.stage = self.make_stage()
        self.stage.enter(by="ann", units=("u",))
        self.roles = {person: set() for person in PEOPLE}
        for who, role in (("ben", "reviewer"), ("cleo", "qa"), ("dan", "manager")):
            self.gets_a_role(who, role)
        self.makers, self.content, self.asked = {"ann"}, 0, None
        self.yes, self.state, self.approvable = [], "unasked", True

    def changed(self):
        self.content += 1
        if self.asked is not None and self.state in ("open", "approved"):
            self.state = "void"

    @rule(who=st.sampled_from(PEOPLE), role=st.sampled_from(ROLES))
    def gets_a_role(self, who, role):
        grant(self.stage.board.database, self.stage.tenant, who, role, by="root", at_machine=True)
        self.roles[who].add(role)

    @rule(who=st.sampled_from(PEOPLE), role=st.sampled_from(ROLES))
    def loses_a_role(self, who, role):
        revoke(self.stage.board.database, self.stage.tenant, who, role, by="root", at_machine=True)
        self.roles[who].discard(role)

    @rule(
        who=st.sampled_from(("ann", "ann", "zoe", "ben")),
        screened=st.sampled_from(["pass", "pass", "review", "block", None]),
    )
    def edits(self, who, screened):
        self.stage.write("v-u", "u", by=who, screened=screened)
        self.makers.add(who)
        self.approvable = screened == "pass"
        self.changed()

    @rule()
    def other_people_are_eligible(self):
        self.stage.decide_eligibility(digest=f"d{next(numbers)}")
        self.changed()

    @rule(who=st.sampled_from(("ann", "dan")))
    def asks(self, who):
        try:
            ask_for_approval(self.stage.board, self.stage.tenant, self.stage.campaign, by=who)
        except Refusal:
            assert not self.approvable or self.state == "rejected"
            return
        assert self.approvable
        if self.state in ("unasked", "void") or self.asked != self.content:
            self.asked, self.yes, self.state, self.asker = self.content, [], "open", who

    def may(self, who, stage):
        return who not in self.makers | {self.asker} and bool(self.roles[who] & FITS[stage])

    @rule(who=st.sampled_from(PEOPLE))
    def approves(self, who):
        waits_for = STAGES[len(self.yes)] if self.state == "open" and len(self.yes) < 2 else None
        rightly = waits_for is not None and self.may(who, waits_for) and who not in self.yes
        repeated = self.state in ("open", "approved") and who in self.yes
        try:
            approve(self.stage.board, self.stage.tenant, self.stage.campaign, by=who)
        except Refusal:
            assert not rightly
            assert not repeated
            return
        assert rightly or repeated or (self.state == "rejected" and who in self.yes)
        if rightly:
            self.yes.append(who)
            self.state = "approved" if len(self.yes) == 2 else "open"
            self.reached.add(self.state)

    @rule(second=st.sampled_from(("ben", "cleo")))
    def is_asked_and_two_answer(self, second):
        self.asks("ann")
        self.approves("ben")
        self.approves(second)

    @rule(who=st.sampled_from(PEOPLE))
    def rejects(self, who):
        rightly = self.state in ("open", "approved") and any(self.may(who, stage) for stage in STAGES)
        try:
            reject(self.stage.board, self.stage.tenant, self.stage.campaign, by=who, comment="no")
        except Refusal:
            assert not rightly
            return
        if rightly:
            self.state = "rejected"

    @rule(who=st.sampled_from(PEOPLE))
    def rejects_the_variant(self, who):
        try:
            decide_variants(self.stage.board, self.stage.tenant, ["v-u"], "reject", by=who, comment="no")
        except Refusal:
            return
        if self.approvable:
            self.approvable = False
            self.changed()

    @invariant()
    def nothing_is_sendable_but_what_was_approved(self):
        if hasattr(self, "stage"):
            assert self.stage.sendable() is (self.state == "approved")
            if self.state == "approved":
                assert self.asked == self.content
                assert len(set(self.yes)) == 2
                assert not set(self.yes) & self.makers
            stands = standing(self.stage.board, self.stage.tenant, self.stage.campaign)
            assert stands.state == self.state


@pytest.mark.timeout(600)
def test_approval_holds_whatever_happens(make_stage, database):
    class Here(Approvals):
        def make_stage(self):
            return make_stage(create_tenant(database, f"machine{next(numbers)}").tenant_id)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=15, stateful_step_count=20, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert "approved" in Approvals.reached
