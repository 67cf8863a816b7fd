"""The four services with something in each of them, as the hostile tests have them."""

from tests.integration.hostile.conftest import compute, image, network, notes, quiet, volume

__all__ = ["compute", "image", "network", "notes", "quiet", "volume"]
