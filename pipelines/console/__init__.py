"""What the console keeps for itself: who comes in, how often, what was answered, and which work is under way."""
