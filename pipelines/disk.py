"""What is written stays written, whatever happens to the machine."""

from __future__ import annotations

import os
from pathlib import Path


def on_disk(path: Path) -> None:
    """Wait until a file, or what was put into a folder, is on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
