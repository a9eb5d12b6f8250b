"""Field rules: how one column of an uploaded file becomes typed values, and what is wrong with the rest."""
