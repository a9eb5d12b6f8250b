"""Words that several files share, each refused where it could not mean anything."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache
from typing import Annotated

from pydantic import AfterValidator

from pipelines.contracts import TENANT_ID
from pipelines.policy_files.mistakes import formed, probably

# Looked up on disk, which takes longer than all the rest of a file.
_zones = cache(zoneinfo.available_timezones)


def _zone(name: str) -> str:
    if name not in _zones():
        near = probably(name, sorted(_zones()))
        raise ValueError(
            f"{name!r} is no time zone; {f'did you mean {near}?' if near else 'write one as Europe/Berlin'}"
        )
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression ({error}); mend it") from error
    if re.fullmatch(r"(\(\?[a-z]+\))?\s*", text):
        raise ValueError("finds everything, for it is empty; write what is looked for")
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Pattern = Annotated[str, AfterValidator(_pattern)]
TenantName = Annotated[str, formed(TENANT_ID.pattern, "the id of a tenant in small letters, such as acme")]
