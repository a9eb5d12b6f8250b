"""Files as they come from the world, turned into slices of text cells that remember their original lines."""
