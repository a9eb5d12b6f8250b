"""Which column of a file is which: by name, by a known alias, or by the user's mapping file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.contracts import Refusal
from pipelines.customers.kinds import Kind
from pipelines.customers.shield import unshielded_name

# What our own quarantine file adds beside the user's columns.
QUARANTINE_COLUMNS = (
    "quarantine_line", "quarantine_original", "quarantine_codes", "quarantine_reasons", "quarantine_mend",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Where each canonical column stands, and which others are kept by their own names.

    A file is `mended` if it was our quarantine file, so that its cells are still shielded from spreadsheets.
    """

    canonical: Mapping[str, int]
    others: Mapping[str, int]
    names: tuple[str, ...]
    mended: bool

    def described(self) -> dict[str, str]:
        """Header name to what it was taken for."""
        meaning = {index: name for name, index in self.canonical.items()}
        return {name: meaning.get(index, "kept as attribute") for index, name in enumerate(self.names) if name}


def spelled(name: str) -> str:
    """The bare spelling of a header: no case, accents, spaces or punctuation; `customerId` is `customer_id`."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "", letters) or name.strip()


_OURS = frozenset(spelled(name) for name in QUARANTINE_COLUMNS)


def read_mapping(path: Path | None, kind: Kind) -> dict[str, str]:
    """Header spelling to canonical name, from a YAML file of `canonical_name: "Header as in the file"`."""
    if path is None:
        return {}
    if not path.is_file():
        raise Refusal(f"There is no mapping file {path}; check the path.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except PermissionError as error:
        raise Refusal(f"The mapping file {path} may not be read by this user; change its permissions.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"; correct line {mark.line + 1}" if mark else "; save it as YAML in UTF-8"
        raise Refusal(f"The mapping file {path} is not YAML ({str(error).splitlines()[0]}){where}.") from error
    return check_mapping(content, kind, str(path))


def check_mapping(content: object, kind: Kind, where: str) -> dict[str, str]:
    """Header spelling to canonical name, or a refusal that names every wrong entry."""
    if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
        raise Refusal(f'{where} must hold lines of the form `canonical_name: "Header as in the file"`.')
    unknown = [str(name) for name in content if name not in kind.field_names]
    if unknown:
        raise Refusal(
            f"{where} maps {', '.join(unknown)}, which {kind.name} do not have; "
            f"known are {', '.join(kind.field_names)}."
        )
    turned = {spelled(header): str(name) for name, header in content.items()}
    if len(turned) < len(content):
        raise Refusal(f"{where} maps two canonical names to one header; keep one of them.")
    return turned


def plan_columns(header: list[str], kind: Kind, mapping: Mapping[str, str], where: str) -> ColumnPlan:
    """The plan for a header, or one sentence that says why the file cannot be understood."""
    mended = any(spelled(name) in _OURS for name in header)
    if mended:
        # A quarantine file names its columns by what they were taken for.
        header, mapping = [unshielded_name(name) for name in header], {}
    spellings = [spelled(name) for name in header]
    absent = [canonical for header_name, canonical in mapping.items() if header_name not in spellings]
    if absent:
        raise Refusal(f"{where} has no column that the mapping names for {', '.join(absent)}; correct the mapping.")
    known, never_mapped = _known(kind, set(mapping.values())), _known(kind, set())
    canonical: dict[str, int] = {}
    others: dict[str, int] = {}
    for index, (name, bare) in enumerate(zip(header, spellings, strict=True)):
        if bare in _OURS:
            continue
        meaning = mapping.get(bare) or known.get(bare)
        own_name = f"{name} (as in the file)" if bare in never_mapped else name or f"column_{index + 1}"
        place, key = (canonical, meaning) if meaning else (others, own_name)
        if key in place:
            _refuse_twins(header, place[key], index, key, where)
        place[key] = index
    _refuse_unreachable(canonical, kind, header, where)
    return ColumnPlan(canonical, others, tuple(header), mended)


def _known(kind: Kind, mapped: set[str]) -> dict[str, str]:
    """Every spelling that means a canonical column; an exact name wins over another column's alias."""
    fields = [field for field in kind.fields if field.name not in mapped]
    aliases = {spelled(alias): field.name for field in reversed(fields) for alias in field.aliases}
    return aliases | {spelled(field.name): field.name for field in fields}


def _refuse_twins(header: list[str], first: int, second: int, meaning: str, where: str) -> None:
    raise Refusal(
        f"{where} has two columns that mean {meaning}: '{header[first]}' (column {first + 1}) and "
        f"'{header[second]}' (column {second + 1}); remove one, or name the right one in a mapping file."
    )


def _refuse_unreachable(canonical: Mapping[str, int], kind: Kind, header: list[str], where: str) -> None:
    seen = ", ".join(name for name in header[:12] if name) or "no names at all"
    if not any(name in canonical for name in kind.identity):
        raise Refusal(
            f"{where} has no column that identifies anyone ({' or '.join(kind.identity)}); its columns are {seen}. "
            "Add a header line, or name the columns in a mapping file."
        )
    if kind.reach and not any(name in canonical for name in kind.reach):
        raise Refusal(
            f"{where} has no column by which anyone could be reached ({' or '.join(kind.reach)}); its columns are "
            f"{seen}. Add one, or name it in a mapping file."
        )
    missing = [field.name for field in kind.fields if field.required and field.name not in canonical]
    if missing:
        raise Refusal(
            f"{where} lacks the column {', '.join(missing)} that {kind.name} need; its columns are {seen}. "
            "Add it, or name it in a mapping file."
        )
