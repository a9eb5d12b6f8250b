"""Briefs that people wrote on a page: checked, kept as YAML under the hash of what they mean, found again by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from pipelines.contracts import TENANT_ID, Json, Refusal
from pipelines.generation.briefs import Brief, brief_hash, read_brief_text

WHERE = "The brief"
BRIEF_ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class KeptBrief:
    """A brief with its file."""

    brief_id: str
    brief: Brief
    text: str
    path: Path
    kept_at: datetime


def as_yaml(wanted: Json) -> str:
    """What was filled in, as the YAML that somebody would write; what is empty is left out."""
    return yaml.safe_dump(_filled(wanted), sort_keys=False, allow_unicode=True, width=110)


def keep_brief(folder: Path, tenant: str, text: str, *, today: date) -> KeptBrief:
    """Keep a brief that has no mistakes; the same brief is the same file."""
    brief = read_brief_text(text, WHERE, today=today)
    path = _folder(folder, tenant) / f"{brief_hash(brief)[:24]}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name for each, for the same brief may be kept twice at once.
    draft = path.with_suffix(f".{uuid4().hex}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
    return _kept(path, brief, text)


def kept_brief(folder: Path, tenant: str, brief_id: str) -> KeptBrief | None:
    """The brief of that id, if it is there."""
    path = _folder(folder, tenant) / f"{brief_id}.yaml"
    if not BRIEF_ID.fullmatch(brief_id) or not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    return _kept(path, read_brief_text(text, WHERE), text)


def kept_briefs(folder: Path, tenant: str, *, most: int = 20) -> list[KeptBrief]:
    """The briefs that were kept last."""
    paths = sorted(_folder(folder, tenant).glob("*.yaml"), key=lambda path: path.stat().st_mtime, reverse=True)
    found = (kept_brief(folder, tenant, path.stem) for path in paths[:most])
    return [one for one in found if one]


def _folder(folder: Path, tenant: str) -> Path:
    if not TENANT_ID.fullmatch(tenant):
        raise Refusal(f"{tenant!r} is no tenant.")
    return folder / tenant


def _kept(path: Path, brief: Brief, text: str) -> KeptBrief:
    return KeptBrief(path.stem, brief, text, path, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _filled(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in (None, "", [], {})}
    if isinstance(value, list):
        return [_filled(one) for one in value if one not in (None, "")]
    return value
