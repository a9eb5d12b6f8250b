"""The offline screen's inside: what a text says once its disguises are off, and how severe a sentence is."""
