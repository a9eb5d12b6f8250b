"""A folder of approved content that a test writes, edits and takes away."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipelines.settings import PROJECT

# Of the sample company's content, what a campaign about its Wool throw needs.
ABOUT_THE_THROW = (
    "products/wool-throw.md", "service/delivery.md", "service/guarantees.md", "care/care-textiles.md",
    "home/winter-throw-weeks.md",
)  # fmt: skip
PAPERS = {"approved_by": "Ines Falk", "approved_at": "2026-01-05", "source": "https://www.lindhaven.example"}


class Shelf:
    """Documents as Markdown files, approved unless a test says otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, text: str, **papers: str | None) -> None:
        fields = {"id": name, "title": name.replace("-", " ").title(), **PAPERS, **papers}
        head = "".join(f"{key}: {value}\n" for key, value in fields.items() if value is not None)
        (self.folder / f"{name}.md").write_text(f"---\n{head}---\n\n{text}\n", encoding="utf-8")

    def remove(self, name: str) -> None:
        (self.folder / f"{name}.md").unlink()

    def stock(self) -> None:
        """A few documents about different things."""
        self.put("throw", "The Wool throw costs 79.00 EUR. It weighs 900 g and keeps two people warm on one sofa.")
        self.put("lamp", "The Desk lamp gives 800 lumen and uses 9 watts. Its warm light suits long evenings.")
        self.put("delivery", "Delivery inside Germany costs 4.90 EUR and takes two working days by parcel service.")
        self.put("terms", "Companies pay within 30 days and get 8 percent off from 50 pieces on.", audience="business")


def about_the_throw(folder: Path) -> Path:
    """A folder with these documents of the sample company."""
    folder.mkdir()
    for name in ABOUT_THE_THROW:
        shutil.copy(PROJECT / "data" / "knowledge" / name, folder)
    return folder
