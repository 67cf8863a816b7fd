"""What the demo can be told from outside: `CYCLADES_DEMO_<NAME>`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.parts.environments import ROOT
from deploy.parts.keystone_content import Catalogue

PREFIX: Final = "CYCLADES_DEMO_"
HOST: Final = "127.0.0.1"


class DemoSettings(BaseSettings):
    """Where everything listens and is kept."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Field(default=ROOT / ".demo", description="Folder of everything that is kept.")
    identity_port: int = Field(default=5000, description="Keystone.")
    compute_port: int = Field(default=8774, description="The compute service.")
    network_port: int = Field(default=9696, description="The network service.")
    image_port: int = Field(default=9292, description="The image service.")
    volume_port: int = Field(default=8776, description="The volume service.")
    gateway_port: int = Field(default=8790, description="The RAPI gateway's internal API.")
    watcher_port: int = Field(default=8791, description="The watcher's health and metrics.")
    simulator_port: int = Field(
        default=8443, description="RAPI of the first simulated cluster; the next has the next port."
    )
    simulator_admin_port: int = Field(default=8442, description="Faults of the simulator.")
    agent_port: int = Field(default=8799, description="The simulated clusters' storage agent.")
    console_port: int = Field(default=6080, description="Screens in the browser (noVNC).")
    postgres_port: int = Field(default=5433, description="PostgreSQL.")
    clusters: int = Field(default=2, ge=1, le=50, description="How many clusters are simulated.")
    clusters_file: Path | None = Field(
        default=None,
        description="JSON list of clusters to register as the gateway's API takes them; "
        "with it nothing is simulated.",
    )

    def service_ports(self) -> Mapping[str, int]:
        """The ports of our six services, by the services' names."""
        return {
            "compute": self.compute_port,
            "network": self.network_port,
            "image": self.image_port,
            "volume": self.volume_port,
            "rapi_gateway": self.gateway_port,
            "ganeti_watcher": self.watcher_port,
        }

    def ports(self, *, postgres: bool) -> Mapping[int, str]:
        """Every port that has to be free, and the variable that changes it."""
        names = ["identity", "compute", "network", "image", "volume", "gateway", "watcher"]
        names += ["console"]
        names += ["postgres"] if postgres else []
        names += [] if self.clusters_file else ["simulator_admin", "agent"]
        wanted = {getattr(self, f"{name}_port"): f"{PREFIX}{name.upper()}_PORT" for name in names}
        if not self.clusters_file:
            for number in range(self.clusters):
                wanted[self.simulator_port + number] = f"{PREFIX}SIMULATOR_PORT"
        return wanted

    def catalogue(self) -> Catalogue:
        """Where clients find the services."""
        return Catalogue(
            identity=url(self.identity_port),
            compute=url(self.compute_port),
            network=url(self.network_port),
            image=url(self.image_port),
            volume=url(self.volume_port),
        )


def url(port: int) -> str:
    """Where something on this machine answers."""
    return f"http://{HOST}:{port}"
