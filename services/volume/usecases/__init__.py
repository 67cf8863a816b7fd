"""The verbs. Each is one transaction."""
