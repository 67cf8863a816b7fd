"""The life of a service: start, serve, stop."""
