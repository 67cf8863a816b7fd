"""HTTP in: the internal API other services and the command line use."""
