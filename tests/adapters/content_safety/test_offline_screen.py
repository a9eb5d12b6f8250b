"""The offline screen: disguises, words inside words, and verdicts that depend on nothing but the text."""

from __future__ import annotations

import random
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from pipelines.adapters.content_safety import content_safety
from pipelines.adapters.content_safety.classifier.confusables import LOOKALIKES, MARKS, table
from pipelines.adapters.content_safety.classifier.model import WEIGHTS, load_model
from pipelines.adapters.content_safety.classifier.normalising import normalised
from pipelines.adapters.content_safety.classifier.sentences import LONGEST, pieces
from pipelines.adapters.content_safety.training.examples import examples, sources
from pipelines.adapters.content_safety.training.lexicon import read_lexicon
from pipelines.contracts import Refusal
from pipelines.safety.policy import read_screening_policy
from pipelines.safety.ports import CATEGORIES
from pipelines.safety.screening import decide
from tests.safety.labelled_texts import POLICIES, evasions, read, seen

POLICY = read_screening_policy(POLICIES)
SCREEN = content_safety("offline")
EVERYTHING = [one.text for one in seen()] + [one.text for one in evasions()]
BLOCKED = [
    text
    for text, said in zip(EVERYTHING, SCREEN.screen(EVERYTHING), strict=True)
    if decide(said, POLICY, "offline").decision == "block"
]
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u200e\u202e\u2066\ufe0f\u0301\u0336\U000e0041"
STAND_INS = {letter: likes for letter, likes in LOOKALIKES.items() if letter.islower()}


def decision(text: str) -> str:
    return decide(SCREEN.screen([text])[0], POLICY, "offline").decision


def test_a_verdict_is_the_same_alone_in_any_batch_and_in_any_order():
    some = EVERYTHING[::12]
    together = SCREEN.screen(some)
    assert together == [SCREEN.screen([text])[0] for text in some]
    order = list(range(len(some)))
    random.Random(5).shuffle(order)
    assert [together[at] for at in order] == SCREEN.screen([some[at] for at in order])
    model = load_model()
    cut = [piece for text in some for piece in pieces(normalised(text))]
    alone = np.concatenate([model.scores([piece]) for piece in cut])
    for threads in (1, 2):
        with threadpool_limits(threads):
            assert np.array_equal(model.scores(cut), alone)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=("L", "M", "N", "P", "S", "Z", "C")), max_size=300))
def test_no_text_breaks_it(text):
    said = SCREEN.screen([text, "", text * 3])
    assert len(said) == 3
    assert {said[0].of(category).severity for category in CATEGORIES} <= {0, 2, 4, 6, None}


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_invisible_characters_and_lookalikes_never_help_a_blocked_text(data):
    text = data.draw(st.sampled_from(BLOCKED))
    rewritten = []
    for letter in text:
        if letter in STAND_INS and data.draw(st.booleans()):
            letter = data.draw(st.sampled_from(STAND_INS[letter]))
        rewritten.append(letter + data.draw(st.sampled_from(["", "", "", *INVISIBLE])))
    assert decision("".join(rewritten)) == "block"


def test_every_lookalike_is_read_as_its_letter():
    listed = [like for likes in (LOOKALIKES | MARKS).values() for like in likes]
    assert len(listed) == len(set(listed))
    letters = set("abcdefghijklmnopqrstuvwxyz'\"-. ")
    for code, letter in table().items():
        assert letter.lower() in letters
        assert normalised(f"x{chr(code)}x") == f"x{letter.lower()}x", unicodedata.name(chr(code), hex(code))


@pytest.mark.parametrize("one", evasions(), ids=lambda one: f"{one.category}: {one.text[:24]!a}")
def test_a_disguise_is_at_least_reviewed(one):
    assert decision(one.text) != "pass"


@pytest.mark.parametrize(
    "text",
    ["k1ll y0urs3lf, j3ws", "kiII yourseIf", "show us your tlts", "f u c k  m e", "I will strangl you tonite, muslm"],
)
def test_what_is_only_repaired_is_never_blocked(text):
    said = SCREEN.screen([text])[0]
    assert all((said.of(category).severity or 0) <= 2 for category in CATEGORIES)
    assert any("repaired_text" in said.of(category).codes for category in CATEGORIES)


def test_an_ordinary_word_is_nobodys_disguise():
    repair = load_model().repair
    assert repair("woven socks and scarves from the mills of spain, likes at lunch, a mailing about suits") is None
    assert repair("lynsh the migrnts") == "lynch the migrants"


def test_words_inside_words_are_not_found():
    texts = read("harmless")["hidden words"]
    decisions = [decision(text) for text in texts]
    assert "block" not in decisions
    assert decisions.count("review") <= len(texts) // 8


NOT_JUDGED = {
    "unknown_script": ("Мы убьём вас всех сегодня ночью", "今晚我要杀了你", "سوف نقتلكم جميعا"),
    "unknown_language": (
        "Ich werde dich umbringen", "Je vais te tuer", "Te voy a matar", "Vou matar você e sua família",
        "Tutti gli immigrati sono parassiti", "Ik vermoord je en je familie", "Jag ska döda dig",
        "Our wool throws are warm. Die Juden sind unser Unglück. They can be mended.",
    ),
    "turned_text": ("Hello \u202euoy llik lliw I\u202c there",),
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in NOT_JUDGED.items() for text in texts])
def test_what_the_model_cannot_read_is_not_judged(code, text):
    said = SCREEN.screen([text])[0]
    assert all(said.of(category).severity is None for category in CATEGORIES)
    assert code in decide(said, POLICY, "offline").codes


def test_foreign_names_in_english_are_no_foreign_text():
    for text in (
        "Нello from Jörg, naïve café, 東京 lamp for the whole office", "🎉🎉🎉", "", "12,50 €",
        "A crème brûlée from the Café de la Paix, Los Angeles, is the pièce de résistance of our menu",
        "Our Haus der Kunst posters show La Dolce Vita and El Niño",
    ):  # fmt: skip
        assert decision(text) == "pass", text


def test_a_harmful_sentence_is_found_wherever_it_stands():
    harmless = "the collection is made of linen and wool and every piece of it is sewn by hand in a small town "
    for text in (harmless * 40 + "and i will kill you and your family tonight " + harmless * 40,):
        assert decision(text) == "block"
    longest = max(len(piece) for piece in pieces(normalised(harmless * 200)))
    assert longest <= LONGEST


def test_a_quotation_is_judged_with_what_is_said_of_it():
    assert decision("The moderator removed the comment “All refugees are vermin” at once.") == "pass"
    assert decision("All refugees are vermin.") == "block"


def test_the_weights_are_small_plain_and_of_these_sentences():
    assert WEIGHTS.stat().st_size < 1_000_000
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        assert str(stored["sources"]) == sources(), "run python -m pipelines.adapters.content_safety.training"


def test_the_sentences_are_drawn_the_same_each_time_and_are_many():
    lexicon = read_lexicon()
    drawn = examples(lexicon, 7, 3, 3)
    assert drawn == examples(lexicon, 7, 3, 3)
    assert drawn != examples(lexicon, 8, 3, 3)
    assert len({one.template for one in drawn}) > 450
    assert not any(
        "{" in one.text.replace("{{first_name}}", "") or "[" in one.text.replace("[Name]", "") for one in drawn
    )


def test_the_model_is_there_within_half_a_second_and_only_when_it_is_needed():
    script = (
        "import sys, time; from pipelines.adapters.content_safety import content_safety;"
        "import numpy; s = content_safety('offline'); lazy = 'tokenizers' not in sys.modules;"
        "began = time.process_time(); s.screen(['hello']); print(lazy, time.process_time() - began)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True) for _ in range(3)
    ]
    lazy, seconds = zip(*(run.stdout.split() for run in runs), strict=True)
    assert set(lazy) == {"True"}
    assert min(map(float, seconds)) < 0.5


def test_an_unknown_screen_is_refused():
    with pytest.raises(Refusal, match="CONTENT_SAFETY_PROVIDER"):
        content_safety("oracle")
