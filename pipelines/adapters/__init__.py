"""Outside services: one folder a service, one file a vendor."""
