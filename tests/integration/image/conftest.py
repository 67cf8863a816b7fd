"""The image service in this process, as its contract tests have it."""

from tests.contract.image.conftest import image_database, rig, rig_with

__all__ = ["image_database", "rig", "rig_with"]
