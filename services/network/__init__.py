"""The Networking API v2.0: networks, subnets, ports, security groups, and their life in Ganeti."""
