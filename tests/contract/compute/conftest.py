"""What contract tests of the compute service may ask for."""

from tests.integration.compute.conftest import bare, quiet, rig

__all__ = ["bare", "quiet", "rig"]
