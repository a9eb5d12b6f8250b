"""Screening of short texts beside its limit, reading their words, and beside one text at a time."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import Comparison, Contender
from pipelines.adapters.content_safety import content_safety
from pipelines.adapters.content_safety.classifier.normalising import normalised
from pipelines.adapters.content_safety.classifier.sentences import pieces
from pipelines.adapters.content_safety.training.examples import examples
from pipelines.adapters.content_safety.training.lexicon import read_lexicon
from pipelines.safety.policy import read_screening_policy
from pipelines.safety.run import screen_file
from pipelines.services import Services

SHARE = 0.02
MOST = 50_000


def screening(services: Services, rows: int) -> Comparison:
    """The comparison over invented sentences, harmful and harmless."""
    drawn = [one.text for one in examples(read_lexicon(), 11, 40, 40)]
    count = min(rows, MOST)
    texts = [drawn[at % len(drawn)] for at in range(count)]
    screen, policy = content_safety("offline"), read_screening_policy(services.settings.liftline_policies)
    screen.screen(texts[:1])

    def one_by_one(_: int) -> None:
        for text in texts[: int(count * SHARE)]:
            screen.screen([text])

    def a_file(_: int) -> None:
        with TemporaryDirectory() as folder:
            file = Path(folder, "texts.csv")
            with file.open("w", encoding="utf-8", newline="") as written:
                csv.writer(written).writerows([["text"], *([text] for text in texts)])
            screen_file(file, Path(folder, "out.csv"), column="text", id_column=None, screen=screen, policy=policy)

    return Comparison(
        f"Screening of {count:,} texts offline",
        [
            Contender("reading their words", lambda _: [pieces(normalised(text)) for text in texts]),
            Contender("liftline safety screen, from file to file", a_file),
            Contender("the screen alone", lambda _: screen.screen(texts)),
            Contender("the same, one text at a time", one_by_one, share=SHARE),
        ],
        f">= 5,000 texts a second, that is {count / 5000:.1f} s",
    )
