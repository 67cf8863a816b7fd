"""What the image service can be told from outside."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, IPvAnyNetwork, field_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

GIB = 1024**3


class ImageSettings(ServiceSettings):
    """The knobs of the image service: ``CYCLADES_IMAGE_<NAME>``."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="CYCLADES_IMAGE_")

    port: int = Field(default=9292, description="Port the HTTP side listens on; 0: a free one.")
    service_user: str = Field(default="glance", description="Our user in project service.")
    policy_file: Path | None = Field(
        default=None, description="policy.yaml of the operator: overrides of the shipped rules."
    )
    allowed_origins: list[str] = Field(
        default=[],
        description="Origins whose pages may call us from the browser, for uploads by dashboards "
        "(JSON), e.g. https://dashboard.example.",
    )
    data_dir: Path = Field(
        default=Path("/var/lib/cyclades/images"),
        description="Where the bytes of images are kept; replicas share it.",
    )
    size_cap: int = Field(
        default=1024 * GIB, ge=1, description="Most bytes of one image, whoever sends it."
    )
    virtual_size_cap: int = Field(
        default=16 * 1024 * GIB, ge=1, description="Most bytes of the disk inside an image."
    )
    strict_formats: bool = Field(
        default=False,
        description="Refuse uploads of no known format as images of one. Imports and snapshots "
        "always are what they say; what could harm a node is refused whatever it says.",
    )
    import_methods: list[Literal["glance-direct", "web-download"]] = Field(
        default=["glance-direct", "web-download"], description="How images may be imported (JSON)."
    )
    import_schemes: list[Literal["http", "https"]] = Field(
        default=["http", "https"], description="Schemes of URLs images are fetched from (JSON)."
    )
    import_ports: list[int] = Field(
        default=[80, 443], description="Ports images are fetched from (JSON)."
    )
    import_hosts: list[str] = Field(
        default=[], description="Hosts images are fetched from (JSON); none: any not denied."
    )
    import_denied_hosts: list[str] = Field(
        default=[], description="Hosts no image is fetched from (JSON)."
    )
    import_networks: list[IPvAnyNetwork] = Field(
        default=[],
        description="Networks images are fetched from although they are private, loopback or "
        "otherwise inside (JSON).",
    )
    import_timeout: float = Field(
        default=3600.0, gt=0, description="Seconds fetching one image may take."
    )
    import_attempts: int = Field(
        default=3, ge=1, description="How often a source that is down is asked."
    )
    imports_at_once: int = Field(default=4, ge=1, description="Imports a process runs at a time.")
    upload_idle: float = Field(
        default=60.0, gt=0, description="Seconds an upload may go without a byte."
    )
    upload_lease: float = Field(
        default=60.0,
        gt=0,
        description="Seconds after the last sign of its process until an upload counts as dead.",
    )
    upload_threads: int = Field(
        default=16, ge=4, description="Threads that hash and write uploads, four for each."
    )
    ticket_seconds: int = Field(
        default=6 * 3600, ge=1, description="How long the signed URL of an image is good."
    )
    quotas: dict[str, int] = Field(
        default={},
        description="Limits of a project (JSON): image_count_total, image_count_uploading, "
        "image_size_total and image_stage_total (MiB); -1: none.",
    )
    max_properties: int = Field(default=128, ge=-1, description="Properties of one image; -1: any.")
    max_tags: int = Field(default=128, ge=-1, description="Tags of one image; -1: any.")
    max_members: int = Field(default=128, ge=-1, description="Members of one image; -1: any.")
    sweep_pause: float = Field(
        default=30.0, gt=0, description="Seconds between two rounds of cleaning up."
    )
    keep_deleted_days: int = Field(
        default=30, ge=1, description="Days an id stays taken after its image was deleted."
    )

    @field_validator("quotas", mode="before")
    @classmethod
    def _from_json(cls, given: Any) -> Any:
        """Take JSON, as it comes from the environment."""
        return json.loads(given) if isinstance(given, str) else given

    @field_validator("quotas")
    @classmethod
    def _are_known(cls, given: dict[str, int]) -> dict[str, int]:
        known = {
            "image_count_total", "image_count_uploading", "image_size_total", "image_stage_total",
        }  # fmt: skip
        if unknown := given.keys() - known:
            raise ValueError(f"there is no quota {', '.join(sorted(unknown))}")
        return given
