"""Building blocks that every service stands on; they know no service."""
