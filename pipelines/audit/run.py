"""Use cases: export the ledger with its proof, anchor it outside the database, verify an export, read the newest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.audit import anchoring, folder, verify_audit
from pipelines.audit.anchoring import Anchor
from pipelines.audit.archive import Archive
from pipelines.audit.filters import Filters
from pipelines.audit.forwarding import forward
from pipelines.audit.scope import Scope, day_of
from pipelines.audit.store import Ledger
from pipelines.audit.verify_audit import DECISIONS, ENTRIES, Broken, whole
from pipelines.contracts import TENANT_ID, Refusal, no_such_tenant

__all__ = [
    "Archive", "Exported", "Filters", "Scope", "Verdict", "anchor", "anchor_all", "day_of", "entries", "export",
    "export_campaign", "latest",
    "tenant_of", "verify",
]  # fmt: skip

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Exported:
    """An export as it lies in its folder; `fault` is what was wrong with the ledger itself."""

    folder: Path
    manifest: dict[str, Any]
    anchor_file: Path | None
    fault: str | None

    def to_json(self) -> dict[str, Any]:
        """For a machine."""
        return {**self.manifest, "folder": self.folder, "anchor_file": self.anchor_file, "fault": self.fault}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: the sentence, and the entry that it is about where something is broken."""

    whole: bool
    sentence: str
    seq: int | None
    entries: int
    # By a hash that was kept outside the database.
    anchored: bool = False

    def to_json(self) -> dict[str, Any]:
        """For a machine."""
        return asdict(self)


def tenant_of(archive: Archive, campaign: str, tenants: Iterable[str]) -> str:
    """The one tenant whose ledger speaks of the campaign."""
    found = []
    for tenant in tenants:
        with archive.database.transaction(tenant) as connection:
            if Ledger(connection).has_campaign(campaign):
                found.append(tenant)
    if len(found) != 1:
        named = f"the tenants {' and '.join(found)} have" if found else "no tenant has"
        raise Refusal(f"In the audit ledger {named} a campaign {campaign}; name the tenant with --tenant.")
    return found[0]


def export(archive: Archive, scope: Scope, target: Path, *, by: str) -> Exported:
    """Write the export of `scope` to the folder `target`, prove it, anchor it, and log who asked for it."""
    _check(scope.tenant)
    folder.check_place(target)
    # What is anchored from here on is of later entries than this export, and cuts no end of it off.
    before, now = anchoring.kept(archive.anchors, scope.tenant), archive.clock()
    with archive.database.transaction(scope.tenant) as connection:
        ledger = Ledger(connection)
        ledger.check_tenant(scope.tenant)
        if scope.campaign and not ledger.has_campaign(scope.campaign):
            raise Refusal(f"Tenant {scope.tenant} has no entry of a campaign {scope.campaign} in its audit ledger.")
        until_seq = ledger.log_export(scope, by=by, decision="released", reason=f"asked for by {by}", status="started")
    try:
        return _filled(archive, scope, target, by, until_seq, before, now)
    except (OSError, Refusal) as error:
        why = getattr(error, "strerror", None) or str(error)
        with archive.database.transaction(scope.tenant) as connection:
            Ledger(connection).log_export(scope, by=by, decision="withdrawn", reason=why, status="failed")
        if isinstance(error, Refusal):
            raise
        raise Refusal(f"The export to {target} failed ({why}); nothing was left there.") from error


def export_campaign(archive: Archive, tenant: str, campaign: str, folder_of_all: Path, *, by: str) -> Exported:
    """The newest export of a campaign among its others; nothing is exported again while nothing was decided."""
    place = folder_of_all / tenant / campaign
    newest = folder.newest_in(place)
    if newest:
        manifest = folder.manifest_of(newest)
        with archive.database.transaction(tenant) as connection:
            if not Ledger(connection).has_campaign(campaign, after=manifest["last"]):
                return Exported(newest, manifest, anchoring.file_of(archive.anchors, tenant), None)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"The folder {place} cannot be made ({error.strerror}); mend LIFTLINE_REPORTS.") from error
    made = export(archive, Scope(tenant, campaign), place / f"{archive.clock():%Y%m%dT%H%M%S.%fZ}", by=by)
    if made.fault:
        raise Refusal(f"The audit ledger of {tenant} is broken: {made.fault}. Its export lies in {made.folder}.")
    return made


def _filled(
    archive: Archive, scope: Scope, target: Path, by: str, until_seq: int, before: list[Anchor], now: datetime
) -> Exported:
    with folder.draft_of(target) as draft:
        with archive.database.transaction(scope.tenant) as connection:
            ledger = Ledger(connection)
            stretch = ledger.stretch(scope, until_seq)
            if not stretch.get("entries"):
                raise Refusal(f"The audit ledger holds no entry of {scope.sentence}; widen --from and --to.")
            with (draft / ENTRIES).open("wb") as file:
                ledger.write(scope, stretch["first"], stretch["last"], file)
            _add_decisions(ledger, scope, draft)
        fault = _fault(before, draft / ENTRIES, scope, stretch["last"])
        manifest = {
            "format": FORMAT,
            "tenant_id": scope.tenant,
            "campaign_id": scope.campaign,
            "from": str(scope.first_day) if scope.first_day else None,
            "to": str(scope.last_day) if scope.last_day else None,
            "exported_at": now.isoformat(timespec="microseconds"),
            "exported_by": by,
            **{name: stretch[name] for name in ("first", "last", "shown", "start", "hash")},
            "withheld": stretch["entries"] - stretch["shown"],
            "fault": fault,
        }
        folder.add_views(draft, scope, manifest, fault)
        sealed = folder.add_manifest(draft, manifest)
        anchored_at = archive.clock().isoformat(timespec="microseconds")
        made = Anchor(scope.tenant, stretch["last"], stretch["hash"], stretch["entries"], anchored_at, sealed)
        folder.add_anchor(draft, made)
        # A broken ledger is shown as it is, but nothing outside the database is to vouch for it.
        kept = None if fault else anchoring.keep(archive.anchors, made)
    return Exported(target, manifest, kept, fault)


def _add_decisions(ledger: Ledger, scope: Scope, draft: Path) -> None:
    """Who may be sent to, where the whole of one campaign is exported; its entries hold the digest of this file."""
    if scope.campaign is None or scope.first_day or scope.last_day:
        return
    run = ledger.newest_decisions(scope.campaign)
    if run is not None:
        with (draft / DECISIONS).open("wb") as file:
            ledger.write_decisions(scope.campaign, run, file)


def _fault(before: list[Anchor], entries: Path, scope: Scope, last: int) -> str | None:
    """What is wrong with the ledger itself, by its chain and by the anchors that were kept before."""
    try:
        verify_audit.walk_file(entries, scope.campaign, {anchor.seq: anchor.hash for anchor in before})
    except Broken as broken:
        return str(broken)
    if scope.last_day is None and before and before[-1].seq > last:
        return f"the end was cut off: the last entry is {last}, but entry {before[-1].seq} was anchored"
    return None


def anchor(archive: Archive, tenant: str) -> tuple[Anchor, Path]:
    """Keep the head of a tenant's ledger outside the database, unless the ledger lost what was anchored before."""
    _check(tenant)
    anchored = _anchored(archive, tenant)
    if archive.store:
        forward(archive.anchors, tenant, archive.store)
    return anchored


def _anchored(archive: Archive, tenant: str) -> tuple[Anchor, Path]:
    with archive.database.transaction(tenant) as connection:
        ledger = Ledger(connection)
        ledger.check_tenant(tenant)
        head, earlier = ledger.head(), anchoring.kept(archive.anchors, tenant)
        before = earlier[-1] if earlier else None
        if before and ledger.hash_of(before.seq) != before.hash:
            raise Refusal(
                f"The audit ledger of {tenant} no longer holds entry {before.seq} as it was anchored on "
                f"{before.anchored_at[:19]}: it was cut off or rewritten; export it and run `liftline audit verify`."
            )
    if head is None:
        raise Refusal(f"The audit ledger of {tenant} has no entry yet; there is nothing to anchor.")
    if before and before.seq == head["seq"]:
        return before, anchoring.file_of(archive.anchors, tenant)
    made = Anchor(tenant, head["seq"], head["hash"], head["seq"], archive.clock().isoformat(timespec="microseconds"))
    return made, anchoring.keep(archive.anchors, made)


def anchor_all(archive: Archive, tenants: Iterable[str]) -> dict[str, int]:
    """Anchor each of these ledgers that has an entry, then refuse if one of them lost any; by tenant its head."""
    anchored: dict[str, int] = {}
    refused: list[str] = []
    for tenant in tenants:
        with archive.database.transaction(tenant) as connection:
            anything = Ledger(connection).head() is not None
        if not (anything or anchoring.kept(archive.anchors, tenant)):
            continue
        try:
            anchored[tenant] = anchor(archive, tenant)[0].seq
        except Refusal as refusal:
            refused.append(str(refusal))
    if refused:
        raise Refusal(" ".join(refused))
    return anchored


def verify(path: Path, anchors: Path | None = None) -> Verdict:
    """Whether an export is whole; `anchors` is the tenant's file of anchors, or the folder of all of them."""
    if not path.exists():
        raise Refusal(f"{path} does not exist; name the folder of an export or its {ENTRIES}.")
    kept = _anchors_of(path, anchors)
    try:
        found = verify_audit.verify(path, kept)
    except Broken as broken:
        return Verdict(False, f"Broken: {broken}.", broken.seq, 0)
    except OSError as error:
        raise Refusal(
            f"{error.filename or path} cannot be read ({error.strerror}); mend that and ask again."
        ) from error
    if anchors and not kept:
        raise Refusal(
            f"{anchors} holds no anchors of tenant {found.tenant}, so nothing outside vouches for {path}: name "
            "their file with --anchors; verify_audit.py checks the chain alone."
        )
    anchored = verify_audit.is_anchored(found, kept)
    return Verdict(True, whole(found, anchored=anchored), None, found.last - found.first + 1, anchored)


def latest(
    archive: Archive, tenant: str, *, campaign: str | None = None, before: int | None = None, most: int = 50
) -> list[dict[str, Any]]:
    """The newest entries of a tenant or campaign, newest first; `before` a number for the page after."""
    _check(tenant)
    with archive.database.transaction(tenant) as connection:
        ledger = Ledger(connection)
        ledger.check_tenant(tenant)
        return ledger.latest(campaign=campaign, before=before, most=most)


def entries(
    archive: Archive, tenant: str, wanted: Filters, *, before: int | None = None, most: int = 50
) -> list[dict[str, Any]]:
    """The entries that pass the filters, newest first; `before` a number for the page after."""
    _check(tenant)
    with archive.database.transaction(tenant) as connection:
        return Ledger(connection).entries(wanted, before=before, most=most)


def _anchors_of(path: Path, anchors: Path | None) -> Path | None:
    if anchors is None or anchors.is_file():
        return anchors
    entries = path / ENTRIES if path.is_dir() else path
    tenant = folder.tenant_in(entries)
    kept = anchoring.file_of(anchors, tenant) if tenant else None
    return kept if kept and kept.exists() else None


def _check(tenant: str) -> None:
    if not TENANT_ID.fullmatch(tenant):
        raise no_such_tenant(tenant)
