"""What every adapter to OpenAI, Azure OpenAI or a compatible server shares: where, how patiently, what went wrong."""
