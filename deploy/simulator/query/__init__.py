"""Reading a cluster: resources, fields and filters of the query API."""
