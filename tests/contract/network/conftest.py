"""What contract tests of the network service may ask for."""

from tests.integration.network.conftest import rig, shared_rig

__all__ = ["rig", "shared_rig"]
