"""What can be said of the difference between arms, and how surely."""
