"""Scenes that were written by hand, each with who truly made its events."""
