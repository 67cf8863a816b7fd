"""The words on the wire between services."""
