"""Customers in: a file of any provenance becomes trusted rows, or a line in quarantine that says why."""
