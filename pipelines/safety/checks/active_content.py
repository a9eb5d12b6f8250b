"""A mail is read, it does not run: mailboxes strip what acts in it, and report senders who try."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules

_RUNS = frozenset(
    {"script", "object", "embed", "applet", "iframe", "frame", "frameset", "portal", "audio", "video", "canvas"}
)
_ASKS = frozenset(
    {"form", "input", "button", "select", "textarea", "option", "fieldset", "datalist", "keygen", "output"}
)
_SENDS = frozenset({"srcdoc", "formaction", "ping"})
_FOREIGN = frozenset(
    {"svg", "math", "base", "link", "template", "slot", "marquee", "blink", "dialog", "xmp", "plaintext"}
)


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """Scripts, forms, frames, drawings, redirections and style sheets or fonts from elsewhere block."""
    return tuple(
        Finding("active_content", code, "block", sentence, shown(seen)) for code, sentence, seen in _found(context)
    )


def _found(context: ScreeningContext) -> Iterator[tuple[str, str, str]]:
    page = context.page
    for code, tags, what in (
        ("runs_something", _RUNS, "runs or embeds something"),
        ("asks_in_a_form", _ASKS, "asks for something in a form"),
        ("foreign_markup", _FOREIGN, "has mark-up that mail programs read differently"),
    ):
        if there := sorted(tags & page.tags.keys()):
            yield code, f"The mail {what}: <{'>, <'.join(there)}>.", there[0]
    if handlers := sorted(name for name in page.attributes if name.startswith("on")):
        yield "runs_something", f"The mail acts on {', '.join(handlers)}.", handlers[0]
    if sending := sorted(page.attributes & _SENDS):
        yield "runs_something", "The mail sends something when it is read or clicked.", ", ".join(sending)
    for meta in page.metas:
        if meta.get("http-equiv", "").strip().lower() in ("refresh", "set-cookie", "content-security-policy"):
            yield "redirects_by_itself", "The mail would send its reader elsewhere by itself.", meta.get("content", "")
    for sheet in page.sheets:
        if sheet.imports:
            yield "imports_style", "The mail imports a style sheet, which can change later.", sheet.imports[0]
        if sheet.fonts:
            yield "loads_font", "The mail loads a font from elsewhere, which reports who reads it.", sheet.fonts[0]
