"""The version of the checks changes with their code, and with nothing else."""

import shutil
from pathlib import Path

from pipelines.safety import registry


def test_it_follows_the_code_of_the_checks_and_of_what_they_use(tmp_path):
    home = Path(registry.__file__).parent
    assert {Path(check.__code__.co_filename).parent.name for _, check in registry.CHECKS} <= set(registry.SOURCES)
    folder = tmp_path / "safety"
    shutil.copytree(home, folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = registry.checks_version()
    assert registry.checks_version(folder) == before
    tone = folder / "checks" / "tone.py"
    tone.write_text("# Said otherwise.\n" + tone.read_text())
    registry.checks_version.cache_clear()
    assert registry.checks_version(folder) == before
    for place in ("checks/tone.py", "links.py", "wording/phrases.py"):
        changed = folder / place
        changed.write_text(changed.read_text() + "\nLIMIT = 2\n")
        registry.checks_version.cache_clear()
        before, after = registry.checks_version(folder), before
        assert before != after
