"""The knobs of the watcher."""

from dataclasses import dataclass

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often what is looked at, in seconds."""

    busy: float = 0.5
    idle: float = 1.2
    hinted: float = 5.0  # while an agent says when to look
    cold: float = 2.0
    progress: float = 5.0
    states: float = 30.0
    clusters: float = 2.0
    longest: float = 15.0
    heartbeat: float = 300.0  # 0: none
    slowest: float = 2.0  # between looks at a cluster that takes long to answer

    def between(self, *, is_busy: bool, took: float) -> float:
        """Return the pause after a look.

        Whoever takes long to answer, or to be heard by us, has enough to do: it is asked in a
        third of the time at most. More is found at a look then, for hardly more work.

        Args:
            is_busy: whether there are open jobs.
            took: seconds the look took.
        """
        return max(self.busy if is_busy else self.idle, min(2 * took, self.slowest))


class WatcherSettings(ServiceSettings):
    """``CYCLADES_GANETI_WATCHER_…``."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="CYCLADES_GANETI_WATCHER_"
    )

    port: int = Field(default=8791, description="Port of the watcher's own HTTP side.")
    busy_seconds: float = Field(
        default=0.5, gt=0, description="Pause between looks at a cluster with open jobs."
    )
    idle_seconds: float = Field(
        default=1.2, gt=0, description="Pause between looks at a cluster with none."
    )
    states_seconds: float = Field(
        default=30.0, gt=0, description="Pause between looks at all instances of a cluster."
    )
    clusters_seconds: float = Field(
        default=2.0, gt=0, description="Pause between looks at the list of clusters."
    )
    hinted_seconds: float = Field(
        default=5.0, gt=0, description="Pause between looks while an agent says when to look."
    )
    heartbeat_seconds: float = Field(
        default=300.0,
        ge=0,
        description="Quiet time of a cluster after which a job that does nothing is sent "
        "through its queue; 0: never.",
    )
    agent_token: SecretStr = Field(
        default=SecretStr(""),
        description="What agents on master candidates send as bearer token; empty: none may hint.",
    )

    @property
    def pace(self) -> Pace:
        """The pauses, together."""
        return Pace(
            busy=self.busy_seconds,
            idle=self.idle_seconds,
            states=self.states_seconds,
            clusters=self.clusters_seconds,
            hinted=self.hinted_seconds,
            heartbeat=self.heartbeat_seconds,
        )
