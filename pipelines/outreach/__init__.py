"""Outreach as the API offers it: a campaign to single leads or to accounts, on top of the same chain as a launch."""
