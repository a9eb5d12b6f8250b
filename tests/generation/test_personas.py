"""Personas are told by whole beginnings of words, in order, and nobody is left out."""

import re

import pytest

from pipelines.contracts import Refusal
from pipelines.generation.personas import read_personas
from pipelines.settings import PROJECT


def test_the_shipped_personas_tell_titles_apart():
    columns = read_personas(PROJECT / "data" / "policies").columns()

    def of(title):
        patterns = zip(columns["personas"], columns["patterns"], strict=True)
        return next(name for name, p in patterns if re.search(p.replace(r"\m", r"\b"), title, re.IGNORECASE))

    assert of("Office Manager") == "workplace"
    assert of("Responsable des achats") == "workplace"
    assert of("Geschäftsführerin") == "leadership"
    assert of("Head of Marketing, EMEA") == "brand"
    assert of("COO, Europe") == of("Head of Stores") == of("co-CEO") == "leadership"
    assert of("HR-Leiterin") == "people"
    # Short words are whole words.
    assert of("Event Coordinator") == of("Hrvatski lektor") == of("Header writer") == "at home"
    assert of("Threads knitter") == of("") == "at home"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("personas: []", "at least 1 item"),
        ("personas: [{persona: a, description: b, words: [x]}]", "the last persona, and only the last"),
        ("personas: [{persona: a, description: b}, {persona: c, description: d}]", "only the last"),
        ("personas: [{persona: a}]", r"personas\[1\].description .*is missing"),
        ("personas: [{persona: a, description: b, words: x}]", r"personas\[1\].words .*must be a list"),
        ("personas: [", "not the YAML it should be"),
    ],
)
def test_unusable_personas_are_refused_by_entry(tmp_path, text, sentence):
    (tmp_path / "personas.yaml").write_text(text)
    with pytest.raises(Refusal, match=sentence):
        read_personas(tmp_path)
