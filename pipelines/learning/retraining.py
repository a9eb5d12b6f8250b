"""One model of one tenant: measure the live one, learn anew, compare on one holdout, promote, keep or roll back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import structlog

from pipelines.contracts import Json
from pipelines.database import Connection
from pipelines.learning import store
from pipelines.learning.artifacts import keep_artifact, open_artifact
from pipelines.learning.cards import card
from pipelines.learning.code_version import code_version
from pipelines.learning.drift import drifts
from pipelines.learning.modelling.encoding import Vector
from pipelines.learning.modelling.fitting import Model, fit_all
from pipelines.learning.modelling.leaks import powers
from pipelines.learning.modelling.metrics import auc_difference, auc_interval, measure
from pipelines.learning.modelling.model_file import Kept
from pipelines.learning.policy import LearningPolicy
from pipelines.learning.ports import Workshop
from pipelines.learning.promotion import Verdict, compared, health, too_few, too_little, unfit_data
from pipelines.learning.warehouse.datasets import Dataset, answered_each, load, most_cases

log = structlog.get_logger(__name__)

Row = dict[str, Any]
# Grows from night to night whatever people do, or follows the rhythm of our own campaigns: that moves without the world
# moving.
NOT_THE_WORLD = frozenset(
    {
        "tenure_days", "messages_30", "messages_90", "message_days", "opened_90", "clicked_90", "replied_365",
        "unanswered_days", "channel", "step", "strategy", "unit_kind", "tone",
        "subject_length", "subject_asks", "subject_has_number", "subject_is_personal", "words", "hour", "weekday",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Retrained:
    """What came of a model."""

    tenant: str
    model: str
    as_of: datetime
    rows: int
    version: int | None
    champion: int | None
    decision: str
    code: str
    reason: str
    metrics: Json | None
    changed: bool

    def to_json(self) -> Json:
        """The one object that `--json` prints."""
        return {**asdict(self), "as_of": self.as_of.isoformat()}


def night_of(moment: datetime) -> datetime:
    """The last midnight: all runs of a day look at the same data."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def retrain(workshop: Workshop, tenant: str, model: str, *, by: str, as_of: datetime | None = None) -> Retrained:
    """Learn one model anew and decide on it; the same data are the same version and the same decision."""
    policy, moment = workshop.policy, as_of or night_of(workshop.clock())
    question = policy.question(model)
    with workshop.database.transaction(tenant) as connection:
        store.begin(connection, tenant, model)
        live = store.champion(connection, model)
        job = _Job(workshop, connection, tenant, model, moment, live, by)
        few = too_few(question, most_cases(connection, model, moment, policy))
        done = job.refuse(few, 0) if few else job.learn(load(connection, model, moment, policy))
    log.info(
        "model_retrained", tenant=tenant, model=model, decision=done.decision, code=done.code, version=done.version
    )
    return done


def monitor(workshop: Workshop, tenant: str, model: str, *, by: str, as_of: datetime | None = None) -> Json:
    """Measure the live champion on outcomes that ripened since it was trained; one that fell too far goes."""
    policy, moment = workshop.policy, as_of or night_of(workshop.clock())
    fell = False
    with workshop.database.transaction(tenant) as connection:
        store.begin(connection, tenant, model)
        live = store.champion(connection, model)
        if live is None:
            return {"model": model, "verdict": "none", "reason": "no version is live."}
        if store.is_measured(connection, model, live["version"], moment):
            return {"model": model, "verdict": "unchanged", "reason": f"measured as of {moment:%Y-%m-%d} already."}
        frame, truth = load(connection, model, moment, policy).since(live["window_to"])
        kept = open_artifact(workshop.models, live["artifact"], live["artifact_sha256"])
        ones, noes = answered_each(truth)
        if not ones or not noes:
            reason = f"{len(truth):,} outcomes have ripened since, not of both answers; there is nothing to judge."
            return {"model": model, "version": live["version"], "verdict": "too_little_data", "reason": reason}
        said = kept.model.probabilities(kept.model.whole(frame))
        found = measure(truth, said)
        verdict, sentence = health(
            policy.monitoring, live["metrics"], found, auc_interval(truth, said, level=policy.promotion.certainty)
        )
        store.measure(connection, model, live["version"], moment, found, (verdict, sentence))
        if verdict == "degraded":
            fell = True
            told = Verdict("roll_back", "degraded", f"rolled back: {sentence}", {"metrics": found})
            back = take_back(connection, model, live, told, by=by, now=workshop.clock())
            store.escalate(connection, model, told.reason, workshop.clock())
            sentence = f"{told.reason} Live is now {f'version {back}' if back else 'none'}."
    if fell:
        workshop.alert(tenant)
    return {"model": model, "version": live["version"], "verdict": verdict, "reason": sentence}


def take_back(connection: Connection, model: str, live: Row, verdict: Verdict, *, by: str, now: datetime) -> int | None:
    """The champion goes, the one before it is live again; None where there was none."""
    back = store.predecessor(connection, model)
    store.set_state(connection, model, live["version"], "rolled_back")
    if back is not None:
        store.set_state(connection, model, back, "champion")
    store.decide(connection, model, verdict, number=live["version"], before=live["version"], after=back, by=by, now=now)
    return back


def _unfit(policy: LearningPolicy, model: str, data: Dataset) -> Verdict | None:
    question = policy.question(model)
    ones, noes = answered_each(data.truth)
    if refused := too_little(question, ones, noes):
        return refused
    in_holdout = answered_each(data.truth[data.cut :])
    if min(in_holdout) < 10 or min(answered_each(data.truth[: data.cut])) < 10:
        return Verdict(
            "refuse", "too_little_data",
            f"refused: too little data in the newest part: {in_holdout[0]} yes and {in_holdout[1]} no to compare by.",
            {"yes": in_holdout[0], "no": in_holdout[1]},
        )  # fmt: skip
    moved = drifts(data.latest, data.frame[data.cut :], [name for name in data.features if name not in NOT_THE_WORLD])
    return unfit_data(policy.promotion, moved, data.undecided)


def _honest(frame: pl.DataFrame, truth: Vector, names: list[str], model: str) -> tuple[list[str], list[Json]]:
    """The features but for those that say nothing, and those that say too much."""
    silent = [name for name in names if frame[name].n_unique() <= 1]
    leaks = [one for one in powers(frame.select([n for n in names if n not in silent]), truth) if one.decides]
    told = [{"feature": name, "code": "constant", "reason": f"{name} holds one value only."} for name in silent]
    told += [
        {"feature": one.name, "code": "leak", "reason": f"{one.name} alone nearly decides {model} (AUC {one.auc:.3f})."}
        for one in leaks
    ]
    out = {one["feature"] for one in told}
    return [name for name in names if name not in out], told


@dataclass(frozen=True, slots=True)
class _Job:
    """One retraining, within its transaction."""

    workshop: Workshop
    connection: Connection
    tenant: str
    model: str
    moment: datetime
    live: Row | None
    by: str

    def refuse(self, verdict: Verdict, rows: int) -> Retrained:
        """Nothing was learnt; said once for the same data."""
        last = store.newest_decision(self.connection, self.model)
        told = (verdict.code, verdict.evidence["data"])
        known = last is not None and (last["code"], last["evidence"].get("data")) == told
        if not known:
            self._decide(verdict, None, self._champion)
        return self._done(rows, None, asdict(verdict), None, changed=not known)

    def learn(self, data: Dataset) -> Retrained:
        """What the data allow: a refusal, the version that they made before, or a new one."""
        there = store.of_data(self.connection, self.model, data.data_hash, code_version())
        if there is not None:
            decided = store.decision_on(self.connection, self.model, there["version"]) or {}
            return self._done(len(data.truth), there["version"], decided, there["metrics"], changed=False)
        refused = _unfit(self.workshop.policy, self.model, data)
        if refused is not None:
            evidence = {**refused.evidence, "data": data.data_hash}
            return self.refuse(replace(refused, evidence=evidence), len(data.truth))
        return self._compete(data)

    def _compete(self, data: Dataset) -> Retrained:
        older, older_truth = data.frame[: data.cut], data.truth[: data.cut]
        newest, newest_truth = data.frame[data.cut :], data.truth[data.cut :]
        names, left_out = _honest(older, older_truth, data.features, self.model)
        left_out += [
            {
                "feature": name,
                "code": "unrecorded",
                "reason": f"{name} was not written down yet for the oldest cases.",
            }
            for name in data.unrecorded
        ]
        learnt = fit_all(older, older_truth, names)
        said = learnt.probabilities(newest)
        metrics, against, limits = measure(newest_truth, said), None, self.workshop.policy.promotion
        if self.live is not None:
            rival = open_artifact(self.workshop.models, self.live["artifact"], self.live["artifact_sha256"])
            rival_said = rival.model.probabilities(rival.model.whole(newest))
            against = auc_difference(newest_truth, said, rival_said, level=limits.certainty)
        interval = auc_interval(newest_truth, said, level=limits.certainty)
        verdict = compared(limits, metrics, interval, self._champion, against)
        number = self._register(data, learnt, metrics, left_out, refused=verdict.decision == "refuse")
        if verdict.decision == "promote":
            if self.live is not None:
                store.set_state(self.connection, self.model, self.live["version"], "retired")
            store.set_state(self.connection, self.model, number, "champion")
        after = number if verdict.decision == "promote" else self._champion
        self._decide(verdict, number, after)
        return self._done(len(data.truth), number, asdict(verdict), metrics, changed=True, champion=after)

    def _register(self, data: Dataset, learnt: Model, metrics: Json, left_out: list[Json], *, refused: bool) -> int:
        window = (data.window_from, data.window_to)
        told = card(
            self.model, window=window, horizon_days=self.workshop.policy.question(self.model).horizon_days,
            rows=data.cut, metrics=metrics, calibration=learnt.calibration.way, importance=learnt.importance,
            left_out=left_out, data_hash=data.data_hash, code_version=code_version(),
        )  # fmt: skip
        about = {"model": self.model, "metrics": metrics, "data_hash": data.data_hash, "code_version": code_version()}
        raw = Kept(learnt, about).to_bytes()
        name, sha256 = keep_artifact(self.workshop.models, self.tenant, self.model, raw)
        return store.keep_version(
            self.connection,
            {
                "model": self.model, "state": "refused" if refused else "candidate", "artifact": name,
                "artifact_sha256": sha256, "data_hash": data.data_hash, "code_version": code_version(),
                "window_from": window[0], "window_to": window[1], "rows": data.cut, "metrics": metrics, "card": told,
                "features": {"used": learnt.importance, "left_out": left_out}, "by": self.by,
                "now": self.workshop.clock(),
            },
        )  # fmt: skip

    @property
    def _champion(self) -> int | None:
        return self.live["version"] if self.live else None

    def _decide(self, verdict: Verdict, number: int | None, after: int | None) -> None:
        store.decide(
            self.connection, self.model, verdict, number=number, before=self._champion, after=after, by=self.by,
            now=self.workshop.clock(),
        )  # fmt: skip

    def _done(
        self, rows: int, number: int | None, decided: Row, metrics: Json | None, *, changed: bool,
        champion: int | None = None,
    ) -> Retrained:  # fmt: skip
        return Retrained(
            self.tenant, self.model, self.moment, rows, number, champion or self._champion, decided["decision"],
            decided["code"], decided["reason"], metrics, changed,
        )  # fmt: skip
