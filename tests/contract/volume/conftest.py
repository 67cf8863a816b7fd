"""What contract tests of the volume service may ask for."""

from tests.integration.volume.conftest import rig, running, volume_database

__all__ = ["rig", "running", "volume_database"]
