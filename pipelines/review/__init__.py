"""A named person says yes to exactly this content for exactly these people, and nothing else is ever sent."""
