"""Facts and cursor, in one commit."""
