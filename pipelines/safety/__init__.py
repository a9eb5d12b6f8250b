"""What may be said and done: screening of content, guardrails, and the ledger of decisions."""
