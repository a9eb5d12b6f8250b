"""The settings of OpenAI's endpoints: what cannot work is refused by its name, before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.contracts import Refusal
from pipelines.settings import load_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_MODEL", "gpt 4.1"),
        ("OPENAI_EMBEDDING_MODEL", "\t"),
        ("OPENAI_EMBEDDING_DIMENSIONS", "0"),
        ("OPENAI_CONCURRENCY", "1000"),
        ("OPENAI_TIMEOUT_SECONDS", "-1"),
        ("OPENAI_TRIES", "0"),
        ("AZURE_OPENAI_API_VERSION", "latest"),
    ],
)
def test_a_wrong_value_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(Refusal, match=name):
        load_settings()
