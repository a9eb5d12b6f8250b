"""Engagement: what came back, and whether a person did it."""
