"""What the compute service can be told from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class ComputeSettings(ServiceSettings):
    """The knobs of the compute service: ``CYCLADES_COMPUTE_<NAME>``."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="CYCLADES_COMPUTE_")

    port: int = Field(default=8774, description="Port the HTTP side listens on; 0: a free one.")
    service_user: str = Field(default="nova", description="Our user in project service.")
    network_url: str = Field(
        default="http://127.0.0.1:9696", description="The network service, without /v2.0."
    )
    image_url: str = Field(
        default="http://127.0.0.1:9292", description="The image service, without /v2."
    )
    volume_url: str = Field(
        default="http://127.0.0.1:8776", description="The volume service, without /v3."
    )
    policy_file: Path | None = Field(
        default=None, description="policy.yaml of the operator: overrides of the shipped rules."
    )
    ganeti_prefix: str = Field(
        default="cyc-",
        pattern=r"^[a-z0-9-]{1,16}$",
        description="What our instances' names begin with; a site may host several clouds.",
    )
    default_availability_zone: str | None = Field(
        default=None, description="Zone of servers whose users ask for none; absent: any."
    )
    scheduler_filters: tuple[str, ...] = Field(
        default=("enabled", "healthy", "zone", "untried", "together", "capacity"),
        description="What a cluster must pass to get a server, in order (domain/placement.py).",
    )
    scheduler_weighers: tuple[str, ...] = Field(
        default=("free_memory", "free_vcpus", "volumes"),
        description="What ranks the clusters that passed; each counts alike.",
    )
    placement_tries: int = Field(
        default=3, ge=1, description="Clusters a create may try before it gives up."
    )
    os_type: str | None = Field(
        default=None,
        description="OS definition of new instances, e.g. cyclades+default; absent: the cluster's.",
    )
    group_tag_prefix: str = Field(
        default="cyclades:group",
        description="Exclusion tag prefix of anti-affinity groups (htools:iextags on a cluster).",
    )
    stop_timeout: int = Field(
        default=60, ge=0, description="Seconds a guest gets to shut down before its power goes."
    )
    seed_drive: bool = Field(
        default=True,
        description="Whether servers get a last small disk that tells cloud-init who they are.",
    )
    seed_seconds: float = Field(
        default=6 * 3600.0,
        gt=0,
        description="How long a node may fetch the seed of a server that is reinstalled.",
    )
    node_url: str | None = Field(
        default=None,
        description="How Ganeti's nodes reach this service; absent: at its public URL.",
    )
    instance_passwords: bool = Field(
        default=True,
        description="Whether servers get a password of their own, answered once, if none is given.",
    )
    console_port: int | None = Field(
        default=None,
        description="Port of the console proxy (noVNC and websockets); absent: no screens.",
    )
    console_url: str | None = Field(
        default=None,
        description="How browsers reach the console proxy; absent: http, on our host and its port.",
    )
    console_origins: tuple[str, ...] = Field(
        default=(), description="Host names of other pages that may open screens (a dashboard's)."
    )
    console_token_seconds: float = Field(
        default=600.0, gt=0, description="How long a console's address can be opened, once."
    )
    console_most: int = Field(default=200, ge=1, description="Screens shown at once, per process.")
    console_idle_seconds: float = Field(
        default=900.0, gt=0, description="Seconds without a byte after which a screen is closed."
    )
    novnc: Path | None = Field(
        default=None,
        description="Folder or zip of noVNC's files; absent: those of the package novnc.",
    )
    resize_confirm_window: int = Field(
        default=0, ge=0, description="Seconds after which resizes confirm themselves; 0: never."
    )
    reconcile_every: float = Field(
        default=20.0,
        gt=0,
        description="Seconds between looks for servers and instances that disagree; what does "
        "in two looks is put right.",
    )
    verify_every: float = Field(
        default=600.0,
        gt=0,
        description="Seconds in which every cluster is compared whole, for news that was lost.",
    )
    max_limit: int = Field(default=1000, ge=1, description="Most rows of one page of a list.")

    @property
    def console_base(self) -> str | None:
        """Where browsers reach the console proxy; None: nowhere."""
        if self.console_url is not None:
            return self.console_url.rstrip("/")
        if self.console_port is None:
            return None
        return f"http://{self.host}:{self.console_port}"
