"""The audit ledger read: exported, anchored, verified. It is written by `append_audit` in the database alone."""
