"""Anchors on their way to an object store: what the folder holds goes there too, in its order, sooner or later."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pipelines.audit.anchoring import file_of
from pipelines.audit.ports import AnchorStore
from pipelines.contracts import Refusal


def forward(folder: Path, tenant: str, store: AnchorStore) -> int:
    """Put each anchor of the tenant that was not put yet; how many. The first that fails is the next one to try."""
    path = file_of(folder, tenant)
    mark = path.with_suffix(".forwarded")
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    done = before = _done(mark)
    for line in lines[done:]:
        store.put(f"{tenant}/{json.loads(line)['seq']:012d}-{hashlib.sha256(line).hexdigest()[:16]}.json", line)
        done += 1
        try:
            mark.write_text(str(done), encoding="utf-8")
        except OSError as error:
            raise Refusal(f"{mark} cannot be written ({error.strerror}); mend LIFTLINE_ANCHORS.") from error
    return done - before


def _done(mark: Path) -> int:
    try:
        return int(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Put once more, an anchor is there already and stays as it is.
        return 0
