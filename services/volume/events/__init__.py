"""News in."""
