"""The verbs of compute; each is one transaction."""
