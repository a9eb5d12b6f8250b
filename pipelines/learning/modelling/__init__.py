"""Models of a yes or no: encoded, fitted, calibrated, measured, and kept in files that hold no code."""
