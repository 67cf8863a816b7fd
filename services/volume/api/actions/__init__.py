"""Actions of volumes, by family."""
