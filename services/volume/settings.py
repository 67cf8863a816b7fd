"""The knobs of the volume service."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class VolumeSettings(ServiceSettings):
    """``CYCLADES_VOLUME_…``."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="CYCLADES_VOLUME_")

    port: int = Field(default=8776, description="Port the HTTP side listens on; 0: a free one.")
    service_user: str = Field(default="cinder", description="Our user in project service.")
    policy_file: Path | None = Field(default=None, description="Rules that differ from ours, YAML.")
    default_volume_type: str = Field(
        default="standard", description="Type of a volume that names none."
    )
    availability_zone: str = Field(
        default="nova", description="Zone of a volume that is nowhere yet."
    )
    image_url: str = Field(
        default="http://127.0.0.1:9292", description="The image service, without /v2."
    )
    ganeti_prefix: str = Field(
        default="cyc-", description="What the names of our instances in Ganeti begin with."
    )
    reconcile_every: float = Field(
        default=300.0,
        gt=0,
        description="Seconds between two rounds in which volumes are compared with their storage; "
        "what differs twice is put right.",
    )
    quotas: dict[str, int] = Field(
        default={}, description="Default limits by resource, where they differ from upstream's."
    )
    max_limit: int = Field(default=1000, ge=1, description="Most rows of one page of a list.")
