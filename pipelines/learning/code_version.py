"""Which code a model was made by: the words of the learning step and the versions of what it stands on."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
STANDS_ON = ("scikit-learn", "numpy", "scipy", "polars")


@cache
def code_version() -> str:
    """Other words or another library are another version."""
    told = hashlib.sha256()
    for path in sorted([*HERE.glob("modelling/*.py"), *HERE.glob("tables/*.py"), *HERE.glob("warehouse/*")]):
        if path.is_file():
            told.update(path.read_bytes())
    for library in STANDS_ON:
        told.update(f"{library}=={version(library)}".encode())
    return told.hexdigest()[:12]
