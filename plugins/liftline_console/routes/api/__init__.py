"""The REST API, one file a resource; a new one is added to RESOURCES."""

from liftline_console.routes.api import (
    audit,
    campaigns,
    consents,
    customers,
    decisions,
    description,
    engagement,
    events,
    experiments,
    insights,
    jobs,
    keys,
    knowledge,
    messages,
    models,
    reports,
    segments,
    suppressions,
    templates,
    uploads,
    webhooks,
)

RESOURCES = (
    campaigns, messages, templates, customers, consents, suppressions, segments, events, engagement, uploads, audit,
    decisions, experiments, knowledge, models, insights, reports, webhooks, keys, jobs, description,
)  # fmt: skip
