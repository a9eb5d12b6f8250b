"""The companies that share one installation without ever seeing each other."""
