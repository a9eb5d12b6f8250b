"""Any table that people bring: read as it is spelt, each column given a kind, the target told apart."""
