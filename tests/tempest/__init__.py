"""Runs OpenStack's own integration suite against a cloud: ``make tempest``."""
