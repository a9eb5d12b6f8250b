"""Whoever carries webhooks out."""
