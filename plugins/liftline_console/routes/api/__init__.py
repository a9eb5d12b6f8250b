"""The REST API, one file a resource; a new one is added to RESOURCES."""

from liftline_console.routes.api import (
    audit,
    campaigns,
    consents,
    customers,
    decisions,
    description,
    events,
    jobs,
    keys,
    knowledge,
    messages,
    reports,
    segments,
    suppressions,
    templates,
    uploads,
    webhooks,
)

RESOURCES = (
    campaigns, messages, templates, customers, consents, suppressions, segments, events, uploads, audit, decisions,
    knowledge, reports, webhooks, keys, jobs, description,
)  # fmt: skip
