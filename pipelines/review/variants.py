"""Use cases of reviewing single variants: look, edit, approve, reject, rate, flag, comment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pipelines.contracts import Changed, Json, Refusal
from pipelines.review import store
from pipelines.review.deciding import Decision
from pipelines.review.differences import differences
from pipelines.review.ports import Board

FLAG = re.compile(r"[a-z][a-z0-9_]{1,39}")
LONGEST = 2_000


def tenants_with(board: Board, tenants: Sequence[str], what: str) -> list[str]:
    """Which of these tenants have a campaign or variant of this id, asked over one connection."""
    found = []
    with board.database.session("") as session:
        for tenant in tenants:
            with replace(session, tenant=tenant).transaction() as connection:
                if store.has(connection, what):
                    found.append(tenant)
    return found


def reviewed(board: Board, tenant: str, campaign_id: str) -> Json:
    """The campaign as a reviewer needs it: every variant with its screening and what people said of it."""
    with board.database.transaction(tenant) as connection:
        campaign = store.campaign(connection, campaign_id)
        variants = store.variants_of(connection, campaign_id)
        there = store.what_stands(connection, campaign_id)
    return {
        "campaign_id": campaign_id, "name": campaign["name"], "status": campaign["status"],
        "created_by": campaign["created_by"], "hash": there["hash"], "obstacle": there["obstacle"],
        "variants": variants,
    }  # fmt: skip


def editable(board: Board, tenant: str, variant_id: str) -> Json:
    """The newest text of a variant in the form in which `edit` takes it back."""
    with board.database.transaction(tenant) as connection:
        return board.rewriting.editable(connection, variant_id)


def edit(board: Board, tenant: str, variant_id: str, wanted: Json, *, by: str, seen: int | None = None) -> Json:
    """A new version of a variant, grounded before it is kept and screened at once; what an approval was for is void."""
    with board.database.transaction(tenant) as connection, store.kept_by_the_database():
        _require_a_role(connection, by)
        if seen is not None:
            _refuse_unseen(store.newest_versions(connection, [variant_id]), {variant_id: seen})
        made = board.rewriting.rewrite(connection, tenant, variant_id, wanted, by=by)
        changed = differences(made.before, made.after)
        if not changed:
            raise Refusal(f"Nothing in variant {variant_id} was changed; edit its text first.")
        places = ", ".join(one["place"] for one in changed)
        store.log(
            connection, "variant.edit", "edited", actor=by, reason=f"changed {places}",
            about=f"{variant_id} {made.version}", campaign_id=made.campaign_id, content_hash=made.content_hash,
        )  # fmt: skip
    # A crash before this leaves a version that is not screened, and so cannot be approved.
    board.screening(tenant, [variant_id])
    with board.database.transaction(tenant) as connection:
        (row,) = [one for one in store.variants_of(connection, made.campaign_id) if one["variant_id"] == variant_id]
    return {
        "variant_id": variant_id, "version": made.version, "campaign_id": made.campaign_id,
        "screened": row["screened"], "cleared": row["cleared"], "screening_reason": row["screening_reason"],
        "changes": changed,
    }  # fmt: skip


def decide_variants(
    board: Board,
    tenant: str,
    variants: Sequence[str],
    decision: Decision,
    *,
    by: str,
    comment: str = "",
    seen: Mapping[str, int] | None = None,
) -> list[Json]:
    """Approve or reject the newest version of these variants, all or none, if it is the one `seen`; a no says why."""
    if decision == "reject" and not comment.strip():
        raise Refusal("Say why the variant is rejected; a rejection needs a comment.")
    return _said(board, tenant, variants, by, comment, decision=decision, seen=seen or {})


def rate_variants(
    board: Board,
    tenant: str,
    variants: Sequence[str],
    *,
    by: str,
    rating: int | None = None,
    flags: Sequence[str] = (),
    comment: str = "",
    seen: Mapping[str, int] | None = None,
) -> list[Json]:
    """Rate from 1 to 5, flag issues, comment: what learning reads later; also only if the version is the one `seen`."""
    if rating is not None and rating not in range(1, 6):
        raise Refusal(f"A rating is a number from 1 to 5, not {rating}.")
    if wrong := [flag for flag in flags if not FLAG.fullmatch(flag)]:
        raise Refusal(f"{wrong[0]!r} is no flag; write it in small letters, digits and _, such as off_brand.")
    if rating is None and not flags and not comment.strip():
        raise Refusal("Give a rating, a flag or a comment.")
    return _said(board, tenant, variants, by, comment, rating=rating, flags=list(flags), seen=seen or {})


def feedback(board: Board, tenant: str, variant_id: str) -> list[Json]:
    """Everything that people said of a variant, in order."""
    with board.database.transaction(tenant) as connection:
        return store.feedback_of(connection, variant_id)


def _said(
    board: Board,
    tenant: str,
    variants: Sequence[str],
    by: str,
    comment: str,
    *,
    decision: Decision | None = None,
    rating: int | None = None,
    flags: Sequence[str] = (),
    seen: Mapping[str, int] = MappingProxyType({}),
) -> list[Json]:
    wanted = list(dict.fromkeys(variants))
    if not wanted:
        raise Refusal("Name at least one variant.")
    if len(comment) > LONGEST:
        raise Refusal(f"The comment is longer than {LONGEST} characters; shorten it.")
    with board.database.transaction(tenant) as connection, store.kept_by_the_database():
        _require_a_role(connection, by)
        rows = store.newest_versions(connection, wanted)
        _refuse_unseen(rows, seen)
        store.give_feedback(
            connection,
            rows,
            {"by": by, "rating": rating, "flags": list(flags), "comment": comment.strip(), "decision": decision},
        )
        said = {"approve": "approved", "reject": "rejected"}.get(decision or "", "noted")
        for row in rows:
            store.log(
                connection, f"variant.{decision or 'rate'}", said, actor=by, campaign_id=row["campaign_id"],
                reason=comment.strip() or _in_words(rating, flags) or said, content_hash=row["content_hash"],
                about=f"{row['variant_id']} {row['version']}",
            )  # fmt: skip
    return [{"variant_id": row["variant_id"], "version": row["version"], "said": said} for row in rows]


def _refuse_unseen(rows: Sequence[Json], seen: Mapping[str, int]) -> None:
    for row in rows:
        if (version := seen.get(row["variant_id"])) not in (None, row["version"]):
            text = f"{row['strategy'].replace('_', ' ')} for {row['unit_id']}"
            raise Changed(
                f"The text {text} was changed since you looked at it: that was version {version}, and version "
                f"{row['version']} stands now. Nothing was done; read it anew."
            )


def _in_words(rating: int | None, flags: Sequence[str]) -> str:
    return ", ".join([*([f"rated {rating}"] if rating else []), *flags])


def _require_a_role(connection: Any, by: str) -> None:
    if not store.roles_of(connection, by):
        raise Refusal(f"{by} has no role in this tenant; an admin gives one with `liftline access grant`.")
