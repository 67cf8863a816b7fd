"""Stand-ins that tests use; shipped and typed like the rest."""
