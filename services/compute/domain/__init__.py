"""The rules of compute: pure."""
