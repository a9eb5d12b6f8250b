"""Whether the promises hold in what is stored: asked of the tables, and not of the code that keeps them."""
