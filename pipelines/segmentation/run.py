"""Use cases: profiles as of a moment, and a kept snapshot of segments by rules, RFM or k-means."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.contracts import TENANT_ID, Refusal, no_such_tenant
from pipelines.database import Database
from pipelines.policy_files import read_policy
from pipelines.segmentation import clusters, compiling, portraits
from pipelines.segmentation.clusters import ClusterPolicy
from pipelines.segmentation.moments import in_utc, moment_of
from pipelines.segmentation.policies import ProfilePolicy, fingerprint
from pipelines.segmentation.rules import RuleSet, read_rules
from pipelines.segmentation.sizes import Settlement, settle
from pipelines.segmentation.store import Population, Store
from pipelines.segmentation.summary import ProfileSummary, SegmentationSummary, shares

__all__ = ["SCHEMES", "ProfileSummary", "SegmentationSummary", "moment_of", "profile", "prune", "run"]

SCHEMES = ("rules", "rfm", "kmeans")
RFM_COLUMNS = ("recency_days", "frequency", "monetary", "r", "f", "m")


@dataclass(frozen=True)
class Order:
    """One checked order for a snapshot."""

    tenant: str
    scheme: str
    as_of: datetime
    campaign_id: str | None
    profile: ProfilePolicy
    policy: RuleSet | ClusterPolicy

    @property
    def definition(self) -> dict[str, Any]:
        """Everything that decides who is in which segment, but for the data."""
        return {
            "scheme": self.policy.model_dump(mode="json", by_alias=True, exclude_unset=True),
            "profile": self.profile.model_dump(mode="json"),
        }

    @property
    def snapshot_id(self) -> str:
        """The same for the same scheme, moment, campaign and definition."""
        parts = [self.scheme, self.as_of.isoformat(), self.campaign_id or "", self.definition]
        # The moment comes first: later snapshots then lie at the end of each index, which grows fastest there.
        return f"{self.as_of:%Y%m%dT%H%M%S}-{self.scheme}-{fingerprint({'parts': parts})[:16]}"

    @property
    def columns(self) -> list[str]:
        """The features that the CSV shows beside segment and reason."""
        if isinstance(self.policy, ClusterPolicy):
            return self.policy.features
        if self.scheme == "rfm":
            return list(RFM_COLUMNS)
        return list(dict.fromkeys(compiling.SPOKEN_OF.get(name, name) for name in self.policy.fields()))


def run(
    database: Database,
    *,
    tenant: str,
    scheme: str,
    as_of: datetime | None = None,
    policies: Path,
    campaign_id: str | None = None,
    out: Path | None = None,
    clock: Callable[[], datetime],
) -> SegmentationSummary:
    """Put every customer into exactly one segment of `scheme` and keep that snapshot; the CSV goes to `out`."""
    began = time.perf_counter()
    order = _order(tenant, scheme, in_utc(as_of or clock()), policies, campaign_id)
    draft = _draft(out) if out else None
    try:
        with database.transaction(tenant) as connection:
            store = Store(connection)
            store.begin(tenant)
            population = store.population(order.as_of.date())
            basis = store.basis(order.profile, population.unreadable_time_zones)
            before = store.snapshot(order.snapshot_id)
            # What a campaign was launched on is evidence: it stays as it was, whatever was imported since.
            if not before or (not campaign_id and before["basis"] != basis):
                _take(store, order, population, basis, clock())
            kept = store.snapshot(order.snapshot_id) or {}
            segments = shares(store.segments(order.snapshot_id), kept["customers"])
            if draft:
                store.export(order.snapshot_id, order.as_of, order.columns, draft)
        if out and draft:
            draft.replace(out)
    finally:
        if draft:
            draft.unlink(missing_ok=True)
    seconds = round(time.perf_counter() - began, 3)
    return SegmentationSummary(
        tenant,
        scheme,
        order.as_of,
        order.snapshot_id,
        campaign_id,
        kept["customers"],
        population.not_yet_customers,
        segments,
        seconds,
        out,
    )


def profile(
    database: Database, *, tenant: str, as_of: datetime | None = None, policies: Path, clock: Callable[[], datetime]
) -> ProfileSummary:
    """Work out and keep the profile of every customer as of the moment."""
    began = time.perf_counter()
    _check_tenant(tenant)
    moment = in_utc(as_of or clock())
    policy = read_policy(policies / "profile.yaml", ProfilePolicy, "policy file")
    with database.transaction(tenant) as connection:
        store = Store(connection)
        store.begin(tenant)
        population = store.population(moment.date())
        basis = store.basis(policy, population.unreadable_time_zones)
        _profiles(store, tenant, moment, policy, population, basis)
        stages = store.stages()
    seconds = round(time.perf_counter() - began, 3)
    return ProfileSummary(tenant, moment, sum(stages.values()), population.not_yet_customers, stages, seconds)


def prune(database: Database, *, tenant: str, keep: int) -> dict[str, int]:
    """Forget old snapshots that no campaign was launched on, and profiles that no snapshot needs any more."""
    _check_tenant(tenant)
    if keep < 1:
        raise Refusal(f"Of each scheme at least 1 snapshot is kept, not {keep}; choose a larger number.")
    with database.transaction(tenant) as connection:
        store = Store(connection)
        store.begin(tenant)
        return store.prune(keep)


def _order(tenant: str, scheme: str, as_of: datetime, policies: Path, campaign_id: str | None) -> Order:
    _check_tenant(tenant)
    if scheme not in SCHEMES:
        raise Refusal(f"There is no scheme {scheme!r}; choose one of {', '.join(SCHEMES)}.")
    path = policies / f"segments_{scheme}.yaml"
    return Order(
        tenant,
        scheme,
        as_of,
        campaign_id or None,
        read_policy(policies / "profile.yaml", ProfilePolicy, "policy file"),
        read_policy(path, ClusterPolicy, "policy file") if scheme == "kmeans" else read_rules(path),
    )


def _check_tenant(tenant: str) -> None:
    if not TENANT_ID.fullmatch(tenant):
        raise no_such_tenant(tenant)


def _draft(out: Path) -> Path:
    """Where the CSV grows before it takes its name; refused here rather than after the work."""
    if not out.parent.is_dir():
        raise Refusal(f"The folder {out.parent} for the CSV does not exist; make it or choose another.")
    if out.is_dir():
        raise Refusal(f"{out} is a folder; name a file for the CSV.")
    draft = out.with_name(f".{out.name}.{time.time_ns()}.part")
    try:
        draft.touch()
    except OSError as error:
        raise Refusal(
            f"The CSV cannot be written to {out.parent} ({error.strerror}); choose another folder."
        ) from error
    return draft


def _profiles(
    store: Store, tenant: str, as_of: datetime, policy: ProfilePolicy, population: Population, basis: str
) -> None:
    if not population.known:
        raise Refusal(f"Tenant {tenant} has no customers yet; import some with `liftline customers import`.")
    if population.known == population.not_yet_customers:
        raise Refusal(f"On {as_of:%Y-%m-%d} tenant {tenant} had no customer yet; choose a later moment.")
    if not store.recall_profiles(as_of, basis):
        store.compute_profiles(as_of, policy, population.unreadable_time_zones)
        store.store_profiles(as_of, basis)


def _take(store: Store, order: Order, population: Population, basis: str, taken_at: datetime) -> None:
    _profiles(store, order.tenant, order.as_of, order.profile, population, basis)
    if isinstance(order.policy, ClusterPolicy):
        settlement = _by_clusters(store, order, order.policy)
    else:
        counts = store.place(compiling.placing(order.policy, order.as_of.date()))
        policy = order.policy
        settlement = settle(policy.placements, counts, policy.small_segments, policy.default.segment)
    head = {
        "snapshot_id": order.snapshot_id,
        "scheme": order.scheme,
        "as_of": order.as_of,
        "campaign_id": order.campaign_id,
        "basis": basis,
        "customers": sum(segment.customers for segment in settlement.segments),
    }
    store.store_snapshot(head, settlement, order.definition, taken_at)


def _by_clusters(store: Store, order: Order, policy: ClusterPolicy) -> Settlement:
    found = clusters.cluster(store.features(policy.features), policy)
    store.write_clusters(found.labels)
    placements = portraits.placements(found, policy.features)
    counts = store.place(compiling.reasoning(placements, order.as_of.date()))
    # A cluster that is too small joins the largest: clusters have no default.
    largest = placements[Counter(counts).most_common(1)[0][0]].segment
    return settle(placements, counts, policy.small_segments, largest)
