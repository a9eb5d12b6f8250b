"""Approved content as passages that can be found and cited."""
