"""What a volume is, and what may happen to it."""
