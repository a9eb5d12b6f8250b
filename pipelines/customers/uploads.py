"""Files that somebody handed over, kept under names of our own until a run imports them."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from pipelines.contracts import Refusal
from pipelines.customers.inspection import Order

CHUNK = 1 << 20
UPLOAD_ID = re.compile(r"[0-9a-f]{32}")


def keep_upload(
    folder: Path,
    content: BinaryIO,
    *,
    file_name: str,
    tenant: str,
    kind: str,
    max_bytes: int,
    mapping: str | None = None,
) -> str:
    """Stream a file to disk and return the id that a run is started with; the user's name of it is only data."""
    upload_id = secrets.token_hex(16)
    home = folder / upload_id
    home.mkdir(parents=True)
    size = 0
    with (home / "content").open("xb") as out:
        while chunk := content.read(CHUNK):
            size += len(chunk)
            if size > max_bytes:
                break
            out.write(chunk)
    if size > max_bytes:
        shutil.rmtree(home)
        raise Refusal(f"{file_name} is larger than LIFTLINE_MAX_FILE_GB allows ({max_bytes / 1e9:g} GB); split it.")
    if mapping:
        (home / "mapping.yaml").write_text(mapping, encoding="utf-8")
    about = {"file_name": Path(file_name).name, "tenant": tenant, "kind": kind}
    (home / "upload.json").write_text(json.dumps(about), encoding="utf-8")
    return upload_id


def find_upload(folder: Path, upload_id: str) -> Order:
    """The order that an upload stands for."""
    home = folder / upload_id
    if not UPLOAD_ID.fullmatch(upload_id) or not (home / "upload.json").is_file():
        raise Refusal(f"There is no upload {upload_id}; upload the file again.")
    about = json.loads((home / "upload.json").read_text(encoding="utf-8"))
    mapping = home / "mapping.yaml"
    return Order(
        about["tenant"], home / "content", about["kind"], mapping if mapping.exists() else None, about["file_name"]
    )
