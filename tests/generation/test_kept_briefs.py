"""Briefs that were filled in on a page."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.contracts import Mistaken
from pipelines.generation.kept_briefs import as_yaml, keep_brief, kept_brief, kept_briefs

TODAY = date(2026, 11, 20)
FILLED = {
    "name": "Winter: warmth", "goal": "Sell throws", "value_proposition": ["Warm", "Mended"], "tone": "",
    "call_to_action": {"text": "See them", "link": "https://www.lindhaven.example/throws"},
    "strategies": ["friendly", "direct", "benefit"], "offer": {"text": "", "code": "", "ends": ""},
    "audience": {"unit": "segment", "scheme": "rfm", "only": []}, "knowledge": {"query": "", "passages": "12"},
}  # fmt: skip


def test_a_brief_is_kept_once_and_found_by_what_it_means(tmp_path):
    kept = keep_brief(tmp_path, "demo", as_yaml(FILLED), today=TODAY)
    again = keep_brief(tmp_path, "demo", as_yaml({**FILLED, "budget_usd": "9"}), today=TODAY)
    assert kept.path == again.path
    (found,) = kept_briefs(tmp_path, "demo")
    assert (found.brief.name, found.brief.offer, found.brief.value_proposition) == (
        "Winter: warmth",
        None,
        "Warm\nMended",
    )
    assert kept_brief(tmp_path, "demo", "../demo") is kept_brief(tmp_path, "other", kept.brief_id) is None


def test_every_mistake_has_its_place(tmp_path):
    wrong = {**FILLED, "goal": "", "strategies": ["friendly", "loud"], "offer": {"text": "Less", "ends": "2026-01-01"}}
    with pytest.raises(Mistaken) as caught:
        keep_brief(tmp_path, "demo", as_yaml(wrong), today=TODAY)
    assert {place for place, _ in caught.value.mistakes} == {"goal", "strategies", "strategies.1", "offer.ends"}
    assert kept_briefs(tmp_path, "demo") == []


def test_the_same_brief_kept_twice_at_once_is_kept(tmp_path, monkeypatch):
    written = Path.write_text

    def twice(path, text, **how):
        count = written(path, text, **how)
        monkeypatch.setattr(Path, "write_text", written)
        keep_brief(tmp_path, "demo", text, today=TODAY)
        return count

    monkeypatch.setattr(Path, "write_text", twice)
    kept = keep_brief(tmp_path, "demo", as_yaml(FILLED), today=TODAY)
    assert list(kept.path.parent.iterdir()) == [kept.path]
