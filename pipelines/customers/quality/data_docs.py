"""The pages of Great Expectations, made to open without a network."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from pipelines.customers.quality.styles import DATA_DOCS, DATA_DOCS_SCRIPT

# Should a later version refer to another host after all, the browser does not follow.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_HEAD = f"""<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>Quality report: data docs by Great Expectations</title>
<style>{DATA_DOCS}</style>
<script>{DATA_DOCS_SCRIPT}</script>
</head>"""
_REWRITES = (
    (re.compile(r"<script\b.*?</script>", re.DOTALL), ""),
    (re.compile(r"<head>.*?</head>", re.DOTALL), _HEAD),
    (re.compile(r"<footer\b.*?</footer>", re.DOTALL), ""),
    (re.compile(r"<img\b[^>]*>", re.DOTALL), "Liftline quality report"),
    (re.compile(r"\s*Data asset: None<br>"), ""),
)


def unplug(site: Path) -> tuple[Path, Path]:
    """Rids the pages of other hosts; the paths of the validation's and the suite's page, in that order."""
    shutil.rmtree(site / "static")
    (site / "index.html").unlink()
    pages = sorted(site.rglob("*.html"))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for pattern, replacement in _REWRITES:
            text = pattern.sub(replacement.replace("\\", r"\\"), text)
        page.write_text(text, encoding="utf-8")
    (validation,) = (site / "validations").rglob("*.html")
    (suite,) = (site / "expectations").rglob("*.html")
    return validation.relative_to(site), suite.relative_to(site)
