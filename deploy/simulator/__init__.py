"""Many Ganeti clusters in one process, speaking RAPI over HTTPS as the real one does."""
