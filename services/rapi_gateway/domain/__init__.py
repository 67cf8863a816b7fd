"""Rules without any input or output."""
