"""`make bench`: our path, its limit and what a user would pick instead, in turn, as ratios."""
