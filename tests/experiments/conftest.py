"""A campaign as drafting, screening and the guardrails leave it, with as many customers as a test wants."""

import itertools
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from psycopg.types.json import Jsonb

from pipelines.experiments.policy import read_experiment_policy
from pipelines.experiments.run import Laboratory, assign, fix_design, reweigh, show
from pipelines.settings import PROJECT
from tests.conftest import NOW

STRATEGIES = ("professional", "friendly", "direct")
POLICY = read_experiment_policy(PROJECT / "data" / "policies")
ME = "current_setting('liftline.tenant')"


@dataclass
class Scene:
    """One tenant's campaign, and what can happen to it."""

    laboratory: Laboratory
    tenant: str
    campaign: str = "winter-1"
    _numbers: object = field(default_factory=lambda: itertools.count(1))

    def sql(self, statement, **values):
        with self.laboratory.database.transaction(self.tenant) as connection:
            done = connection.execute(statement, values or None)
            return done.fetchall() if done.description else done.rowcount

    def enter(self, *, customers=2_000, units=("loyal", "new"), campaign=None, **brief):
        self.campaign = campaign or self.campaign
        self.sql(
            "INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at) "
            f"VALUES ({ME}, %(campaign)s, 'Winter', 'b1', %(brief)s, 'email', 'mo', %(now)s)",
            campaign=self.campaign, brief=Jsonb({"strategies": STRATEGIES, **brief}), now=NOW,
        )  # fmt: skip
        self.sql(f"INSERT INTO policies_in_force VALUES ({ME}, 'content', 'policy-1', now()) ON CONFLICT DO NOTHING")
        for unit in units:
            self.sql(
                f"INSERT INTO audience_units VALUES ({ME}, %(campaign)s, 'segment', %(unit)s, %(unit)s, '', '{{}}', "
                "10, 'snap-1', '', '{}', %(now)s)",
                campaign=self.campaign, unit=unit, now=NOW,
            )  # fmt: skip
            for strategy in STRATEGIES:
                self.write(unit, strategy)
        self.decide(customers, units)

    def write(self, unit, strategy, *, screened="pass"):
        """A variant, or its next version."""
        content = f"{self.tenant}-{next(self._numbers)}"
        self.sql(
            "INSERT INTO variants (tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, "
            "status, code, reason, message, content_hash, subject, preheader, html, body, confidence, source, "
            f"created_by, created_at) SELECT {ME}, %(variant)s, coalesce(max(version), 0) + 1, %(campaign)s, "
            "'segment', %(unit)s, %(strategy)s, 'email', 'drafted', 'c', 'r', 't', %(content)s, 't', 't', 't', 't', "
            "0.5, 'offline/1', 'mo', %(now)s FROM variants WHERE variant_id = %(variant)s",
            variant=f"{self.campaign}-{unit}-{strategy}", campaign=self.campaign, unit=unit, strategy=strategy,
            content=content, now=NOW,
        )  # fmt: skip
        self.sql(
            "INSERT INTO screenings (tenant_id, content_hash, policy_version, decision, undecided, severities, "
            "blocklist_hits, findings, reason, screen, screen_version, screened_at) VALUES "
            f"({ME}, %(content)s, 'policy-1', %(decision)s, false, '{{}}', '{{}}', '[]', 'r', 'offline', '1', now())",
            content=content, decision=screened,
        )  # fmt: skip
        return content

    def decide(self, customers, units=("loyal", "new"), *, first=0):
        """The next run of the guardrails: everybody is included but each tenth."""
        run = self.sql(
            "INSERT INTO eligibility_runs (tenant_id, campaign_id, run, as_of, policy_version, snapshot_id, audience, "
            "included, excluded, review, reasons, guardrails, digest, decided_at, decided_by) "
            f"SELECT {ME}, %(campaign)s, coalesce(max(run), 0) + 1, now(), 'p', 'snap-1', %(n)s, %(n)s, 0, 0, '{{}}', "
            "'{}', md5(coalesce(max(run), 0)::text), now(), 'mo' FROM eligibility_runs "
            "WHERE campaign_id = %(campaign)s "
            "RETURNING run",
            campaign=self.campaign, n=customers,
        )[0]["run"]  # fmt: skip
        self.sql(
            "INSERT INTO recipient_decisions (tenant_id, campaign_id, run, customer_id, unit_id, verdict, code, codes) "
            f"SELECT {ME}, %(campaign)s, %(run)s, 'c' || lpad(n::text, 7, '0'), "
            "(%(units)s::text[])[1 + n %% cardinality(%(units)s::text[])], "
            "CASE WHEN n %% 10 = 9 THEN 'excluded' ELSE 'included' END, 'x', '{}' "
            "FROM generate_series(%(first)s::int, %(last)s::int) AS n",
            campaign=self.campaign, run=run, units=list(units), first=first, last=customers - 1,
        )  # fmt: skip

    def design(self, **more):
        return fix_design(self.laboratory, self.tenant, self.campaign, by="mo", **more)

    def reweigh(self, **weights):
        return reweigh(self.laboratory, self.tenant, self.campaign, weights, by="olga")

    def assign(self):
        return assign(self.laboratory, self.tenant, self.campaign, by="mo")

    def show(self):
        return show(self.laboratory, self.tenant, self.campaign)

    def arms(self):
        rows = self.sql("SELECT * FROM assignments WHERE experiment_key = %(key)s", key=self.campaign)
        return {row["customer_id"]: row["arm"] or row["code"] for row in rows}

    def policy(self, **instead):
        self.laboratory = replace(self.laboratory, policy=self.laboratory.policy.model_copy(update=instead))

    def send_one(self):
        """The first message is queued and claimed."""
        row = self.sql("SELECT * FROM approvable_variants(%(campaign)s) LIMIT 1", campaign=self.campaign)[0]
        number = next(self._numbers)
        self.sql(
            "INSERT INTO sends (tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version, "
            f"content_hash, policy_version, state, marketing, queued_at) VALUES ({ME}, %(campaign)s, %(customer)s, 1, "
            "'email', %(message)s, %(variant_id)s, %(version)s, %(content_hash)s, %(policy_version)s, 'queued', true, "
            "%(now)s)",
            campaign=self.campaign, customer=f"s{number}", message=f"{self.tenant}-m{number}", now=NOW,
            **{name: row[name] for name in ("variant_id", "version", "content_hash", "policy_version")},
        )  # fmt: skip
        self.sql(
            "UPDATE sends SET state = 'claimed', claimed_at = %(now)s WHERE customer_id = %(customer)s",
            now=NOW + timedelta(hours=number), customer=f"s{number}",
        )  # fmt: skip


@pytest.fixture
def scene(database, tenant):
    return Scene(Laboratory(database, POLICY, lambda: NOW), tenant)
