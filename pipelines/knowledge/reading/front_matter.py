"""The fields that stand above a text between two lines of three dashes, or in a YAML file beside a table."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import yaml

from pipelines.contracts import Refusal

_FENCE = re.compile(r"\A\n*---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^[ \t]*[\w-]+[ \t]*:", re.MULTILINE)
_UNCLOSED = re.compile(r"\A\n*---[ \t]*\n\w+[ \t]*:")


def split(text: str) -> tuple[dict[str, Any], str]:
    """The fields above a text and the text below them; no fields where no front matter stands."""
    found = _FENCE.match(text)
    if found is None:
        if _UNCLOSED.match(text):
            raise Refusal("the front matter has no end; write a line with three dashes below it")
        return {}, text
    if found.group(1).strip() and not _FIELD.search(found.group(1)):
        # Two lines across the page with a text between them.
        return {}, text
    return fields_in(found.group(1)), text[found.end() :]


def fields_in(text: str) -> dict[str, Any]:
    """The fields of a piece of YAML, every value a text or a list of texts as it was written."""
    try:
        content = yaml.load(text, Loader=_AsWritten)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise Refusal(
            f"the front matter is no YAML ({what}); mend it, with quotes around values that hold a colon"
        ) from error
    if content in (None, ""):
        return {}
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise Refusal("the front matter has no fields; write lines such as `title: Wool throw`")
    return content


class _AsWritten(yaml.BaseLoader):
    """YAML that guesses nothing (a locale `no` stays a locale) and takes no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        counted = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        twins = sorted(key for key, times in counted.items() if times > 1)
        if twins:
            raise yaml.constructor.ConstructorError(None, None, f"{', '.join(twins)} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)
