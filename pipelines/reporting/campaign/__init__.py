"""The report of one campaign: what came out of it, what it was worth, and what to do next."""
