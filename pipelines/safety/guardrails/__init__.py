"""The seven guardrails: whether something may be done to somebody, and why not."""
