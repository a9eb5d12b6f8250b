"""YAML that people write, read without its traps: every plain value is a text, and every place has its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.contracts import Refusal

LARGEST, DEEPEST = 64 * 1024, 12
_TAGS = {
    f"tag:yaml.org,2002:{kind}"
    for kind in ["str", "int", "float", "bool", "null", "timestamp", "merge", "value", "map", "seq"]
}
Place = tuple[int | str, ...]
Mistake = tuple[Place, str]


@dataclass(frozen=True, slots=True)
class Written:
    """What a file says, on which line each of its places begins, and what is wrong with it as YAML."""

    content: Any
    lines: Mapping[Place, int]
    mistakes: tuple[Mistake, ...]

    def told(self, mistake: Mistake) -> str:
        """The mistake with its place in words."""
        place, what = mistake
        known = next((place[:size] for size in range(len(place), 0, -1) if place[:size] in self.lines), ())
        steps = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
        line = f" (line {self.lines[known]})" if known else ""
        return f"{steps}{line}: {what}" if steps else what


class _Loader(yaml.SafeLoader):
    """Refuses aliases before they are followed, and nesting before it exhausts the stack."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refused("an alias (*) stands for something else; write that out", event)
        if self.depth >= DEEPEST:
            raise _refused("it is nested too deep", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _refused(why: str, event: Any) -> yaml.YAMLError:
    return yaml.composer.ComposerError(None, None, why, event.start_mark)


def text_of(path: Path, what: str, remedy: str = "check the path") -> str:
    """The text of a small file, or a refusal."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise Refusal(f"The {what} {path} cannot be read ({error.strerror}); {remedy}.") from error
    if len(raw) > LARGEST:
        raise Refusal(f"The {what} {path} is larger than {LARGEST // 1024} KB; it should be a page of YAML.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(f"The {what} {path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error


def read_yaml(text: str, where: str) -> Written:
    """What the text says as mappings, lists and texts; a refusal if it is no YAML mapping."""
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise Refusal(f"{where} is larger than {LARGEST // 1024} KB; it should be a page of YAML.")
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        raise Refusal(f"{where} is not the YAML it should be ({_yaml_trouble(error)}); mend it.") from error
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(node, yaml.MappingNode):
        found = "is empty" if node is None else "is not a mapping"
        raise Refusal(f"{where} {found}; write one `field: value` a line.")
    lines: dict[Place, int] = {}
    mistakes: list[Mistake] = []
    return Written(_plain(node, (), lines, mistakes), lines, tuple(mistakes))


def _yaml_trouble(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    mark = getattr(error, "problem_mark", None)
    return " ".join(f"{f'line {mark.line + 1}: ' if mark else ''}{problem}".split())


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int], mistakes: list[Mistake]) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if node.tag not in _TAGS:
        mistakes.append((place, f"has the tag {node.tag}; write plain values"))
    if isinstance(node, yaml.MappingNode):
        return dict(_entries(node, place, lines, mistakes))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, at), lines, mistakes) for at, item in enumerate(node.value)]
    # Neither dates nor yes, no, 0123 and 1:30 become something else than what was written.
    nothing = getattr(node, "style", None) is None and node.value in ("", "~", "null", "Null", "NULL")
    return None if nothing else node.value


def _entries(
    node: yaml.MappingNode, place: Place, lines: dict[Place, int], mistakes: list[Mistake]
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            mistakes.append((place, f"line {line} has a list or mapping as the name of a field; write a word"))
            continue
        if key.value in seen:
            mistakes.append(((*place, key.value), f"stands again on line {line}; keep one"))
            continue
        seen.add(key.value)
        lines[(*place, key.value)] = line
        yield key.value, _plain(value, (*place, key.value), lines, mistakes)
