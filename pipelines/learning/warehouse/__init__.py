"""What the warehouse knows of a customer or a message as of a moment, and what became of it afterwards."""
