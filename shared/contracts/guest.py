"""What a guest finds on its config drive, on its way to the OS definition on the node.

The secret OS parameter ``seed`` is this as JSON; ``seed_url`` (private, for a reinstall, which
cannot carry secrets) is a signed, short-lived address that answers it. The public parameter
``seed_disk`` names the disk the drive is written on.
"""

from pydantic import BaseModel, ConfigDict


class Seed(BaseModel):
    """The files of a config drive (label ``config-2``) or NoCloud drive (label ``cidata``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = "config-2"
    files: dict[str, str]  # path below the drive's root -> content in base64
