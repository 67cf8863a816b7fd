"""HTTP in: handlers, views, schemas, policy."""
