"""What contract tests of the compute service may ask for."""

from tests.integration.compute.conftest import (
    bare,
    pytest_collection_modifyitems,
    quiet,
    rig,
    running,
)

__all__ = ["bare", "pytest_collection_modifyitems", "quiet", "rig", "running"]
