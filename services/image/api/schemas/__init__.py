"""Bodies the service takes."""
