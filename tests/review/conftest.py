"""A campaign as drafting, screening and the guardrails leave it, written straight into the tables."""

import hashlib
import itertools
from dataclasses import dataclass, field

import pytest
from psycopg.types.json import Jsonb

from pipelines.review.ports import Board
from pipelines.review.run import grant
from pipelines.settings import PROJECT
from tests.conftest import NOW

PEOPLE = {"rita": "reviewer", "quentin": "qa", "carla": "compliance", "mona": "manager", "dirk": "director"}


class NoRewriting:
    """Nothing is edited where a test does not say so."""


@dataclass
class Stage:
    """One tenant's campaign, and what can happen to it."""

    board: Board
    tenant: str
    campaign: str = "winter-1"
    told: list = field(default_factory=list)
    policy: str = "policy-1"
    _numbers: object = field(default_factory=lambda: itertools.count(1))

    def sql(self, statement, **values):
        with self.board.database.transaction(self.tenant) as connection:
            done = connection.execute(statement, values or None)
            return done.fetchall() if done.description else done.rowcount

    def enter(self, *, by="mo", offer=None, units=("loyal", "new")):
        self.sql(
            "INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at) "
            "VALUES (current_setting('liftline.tenant'), %(campaign)s, 'Winter', 'b1', %(brief)s, 'email', %(by)s, "
            "%(now)s)",
            campaign=self.campaign, brief=Jsonb({"offer": offer, "budget_usd": "5"}), by=by, now=NOW,
        )  # fmt: skip
        self.put_in_force(self.policy)
        for unit in units:
            self.sql(
                "INSERT INTO audience_units VALUES (current_setting('liftline.tenant'), %(campaign)s, 'segment', "
                "%(unit)s, %(unit)s, '', '{\"orders\": \"3\"}', 10, 'snap-1', '', '{}', %(now)s)",
                campaign=self.campaign, unit=unit, now=NOW,
            )  # fmt: skip
            self.write(f"v-{unit}", unit, by=by)
        self.decide_eligibility()

    def put_in_force(self, version):
        self.policy = version
        self.sql(
            "INSERT INTO policies_in_force VALUES (current_setting('liftline.tenant'), 'content', %(version)s, now()) "
            "ON CONFLICT (tenant_id, kind) DO UPDATE SET version = excluded.version",
            version=version,
        )

    def write(self, variant, unit, *, by="mo", text=None, status="drafted", screened="pass"):
        """The next version of a variant, screened unless told otherwise; its content hash."""
        n = next(self._numbers)
        text = text or f"Text {n} of {self.tenant}"
        content = hashlib.sha256(text.encode()).hexdigest() if status == "drafted" else None
        part = text if status == "drafted" else None
        self.sql(
            "INSERT INTO variants (tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, "
            "status, code, reason, message, content_hash, subject, preheader, html, body, confidence, source, "
            "created_by, created_at) SELECT current_setting('liftline.tenant'), %(variant)s, "
            "coalesce(max(version), 0) + 1, %(campaign)s, 'segment', %(unit)s, %(variant)s, 'email', %(status)s, 'c', "
            "'r', %(part)s, %(content)s, %(part)s, %(part)s, %(part)s, %(part)s, 0.5, 'offline/1', %(by)s, %(now)s "
            "FROM variants WHERE variant_id = %(variant)s",
            variant=variant, campaign=self.campaign, unit=unit, status=status, part=part, content=content, by=by,
            now=NOW,
        )  # fmt: skip
        if content and screened:
            self.screen(content, screened)
        return content

    def screen(self, content, decision="pass"):
        self.sql(
            "INSERT INTO screenings (tenant_id, content_hash, policy_version, decision, undecided, severities, "
            "blocklist_hits, findings, reason, screen, screen_version, screened_at) VALUES ("
            "current_setting('liftline.tenant'), %(content)s, %(policy)s, %(decision)s, false, '{}', '{}', '[]', 'r', "
            "'offline', '1', now()) ON CONFLICT DO NOTHING",
            content=content, policy=self.policy, decision=decision,
        )  # fmt: skip

    def screen_all(self):
        for row in self.sql("SELECT DISTINCT content_hash FROM variants WHERE content_hash IS NOT NULL"):
            self.screen(row["content_hash"])

    def decide_eligibility(self, digest="d", included=20):
        self.sql(
            "INSERT INTO eligibility_runs (tenant_id, campaign_id, run, as_of, policy_version, snapshot_id, audience, "
            "included, excluded, review, reasons, guardrails, digest, decided_at, decided_by) "
            "SELECT current_setting('liftline.tenant'), %(campaign)s, coalesce(max(run), 0) + 1, now(), 'p', 'snap-1', "
            "%(included)s, %(included)s, 0, 0, '{}', '{}', %(digest)s, now(), 'mo' FROM eligibility_runs "
            "WHERE campaign_id = %(campaign)s",
            campaign=self.campaign, included=included, digest=digest,
        )  # fmt: skip

    def staff(self, people=PEOPLE):
        for user, role in people.items():
            grant(self.board.database, self.tenant, user, role, by="root", at_machine=True)

    def audit(self):
        return [
            (row["action"], row["decision"], row["actor"])
            for row in self.sql("SELECT * FROM audit_log ORDER BY seq")
            if not row["action"].startswith("access")
        ]

    def sendable(self):
        return self.sql("SELECT approved_for_sending(%(campaign)s) AS yes", campaign=self.campaign)[0]["yes"]


@pytest.fixture
def make_stage(database):
    def make(tenant, policies=PROJECT / "data" / "policies"):
        told = []
        board = Board(database, policies, NoRewriting(), lambda tenant, variants: None, told.append, NOW.date)
        return Stage(board, tenant, told=told)

    return make


@pytest.fixture
def stage(make_stage, tenant):
    """A campaign that is ready to be asked about, and people for each role."""
    ready = make_stage(tenant)
    ready.enter()
    ready.staff()
    return ready
