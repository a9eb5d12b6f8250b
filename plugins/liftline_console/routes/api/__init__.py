"""The REST API, one file a resource; a new one is added to RESOURCES."""

from liftline_console.routes.api import (
    audit,
    consents,
    customers,
    description,
    events,
    jobs,
    keys,
    knowledge,
    segments,
    suppressions,
    uploads,
)

RESOURCES = (
    customers, consents, suppressions, segments, events, uploads, audit, knowledge, keys, jobs, description,
)  # fmt: skip
