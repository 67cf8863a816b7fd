"""Proof that a storm of jobs on a hundred clusters reaches the bus whole, in order and in time."""
