"""What contract tests of the compute service may ask for."""

from tests.integration.compute.conftest import bare, rig

__all__ = ["bare", "rig"]
