"""Profiles as of a moment, and the segments that they put each customer in."""
