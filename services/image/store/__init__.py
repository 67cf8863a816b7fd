"""PostgreSQL and the directory of bytes."""
