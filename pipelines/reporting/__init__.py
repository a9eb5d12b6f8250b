"""Reporting: marts into reports that people read."""
