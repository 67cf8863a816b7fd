"""SQL: clusters, submissions, leases."""
