"""Bodies, as they must be."""
