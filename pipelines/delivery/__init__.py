"""Delivery: each message leaves once, and only with its papers."""
