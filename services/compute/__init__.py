"""The compute service: servers, flavors, keypairs, server groups (Nova v2.1)."""
