"""The REST API, one file a resource; a new one is added to RESOURCES."""

from liftline_console.routes.api import customers

RESOURCES = (customers,)
