"""What callers can have done, each in one transaction."""
