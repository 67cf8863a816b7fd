"""What contract tests of the volume service may ask for."""

from tests.integration.volume.conftest import rig, running

__all__ = ["rig", "running"]
