"""`make advisories`: each version that requirements.txt pins, held against an advisory database by uv over the network.

uv audits a lock of its own and nothing else, so one is written of our pins, for as long as it asks.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.settings import PROJECT

HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
PROJECT_FILE = '[project]\nname = "liftline"\nversion = "0"\nrequires-python = ">=3.11"\n'
PINNED = '\n[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "." }}\n'
ROOT = '\n[[package]]\nname = "liftline"\nversion = "0"\nsource = {{ virtual = "." }}\ndependencies = [{needs}]\n'
NEED = '{{ name = "{name}", version = "{version}", source = {{ registry = "." }} }}'


def pins(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Each package with the one version that a line pins; what is pinned for several Pythons stands several times."""
    pinned = [line.split(";")[0].strip().partition("==") for line in lines if line.strip()]
    return [(name, version) for name, _, version in pinned]


def main(told: Sequence[str]) -> int:
    """Let uv ask about each pin, and say what is known; 0 if that is nothing. Options go on to uv: `--ignore ID`."""
    with (PROJECT / "requirements.txt").open(encoding="utf-8") as file:
        listed = [{"name": name, "version": version} for name, version in pins(file)]
    root = ROOT.format(needs=", ".join(NEED.format(**one) for one in listed))
    with TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text(PROJECT_FILE, encoding="utf-8")
        lock = HEAD + "".join(PINNED.format(**one) for one in listed) + root
        (Path(folder) / "uv.lock").write_text(lock, encoding="utf-8")
        uv = Path(sys.executable).with_name("uv")
        return subprocess.run([uv, "audit", "--frozen", "--preview", "--directory", folder, *told]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
