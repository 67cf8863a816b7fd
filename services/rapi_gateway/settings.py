"""What the gateway can be told from outside."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class RapiGatewaySettings(ServiceSettings):
    """The knobs of the gateway."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="CYCLADES_RAPI_GATEWAY_"
    )

    port: int = Field(default=8790, description="Port of the internal API; 0 takes a free one.")
    answer_within: float = Field(
        default=10.0, ge=0, description="Seconds a submission may take before 202 is answered."
    )
    refresh_seconds: float = Field(
        default=30.0, gt=0, description="How often a cluster's capacity is looked up."
    )
    connect_deadline: float = Field(
        default=5.0, gt=0, description="Seconds to reach a cluster, TLS included."
    )
    read_deadline: float = Field(
        default=30.0, gt=0, description="Seconds Ganeti may take to answer a question."
    )
    agent_deadline: float = Field(
        default=15.0, gt=0, description="Seconds a storage agent may take to answer."
    )
    submit_deadline: float = Field(
        default=190.0, gt=0, description="Seconds it may take to take a job (its own are 180)."
    )
    mutations: int = Field(default=4, ge=1, description="Jobs submitted at once, per cluster.")
    reads: int = Field(default=3, ge=1, description="Questions asked at once, per cluster.")
    watches: int = Field(default=1, ge=1, description="Questions of the watcher at once.")
    submits_per_second: float = Field(
        default=4.0, gt=0, description="Sustained rate of submissions, per cluster."
    )
    submit_burst: int = Field(
        default=50, ge=1, description="Submissions that may come at once before the rate counts."
    )
    breaker_failures: int = Field(
        default=3, ge=1, description="Failures in a row after which a cluster is left alone."
    )
    breaker_pause: float = Field(
        default=0.5, gt=0, description="Seconds until a cluster in trouble is tried again."
    )
    breaker_longest_pause: float = Field(
        default=15.0, gt=0, description="What that pause grows to, at most."
    )
    drained_pause: float = Field(
        default=5.0, gt=0, description="Seconds between attempts while the job queue is drained."
    )
    health_calm: float = Field(
        default=3.0, ge=0, description="Seconds a cluster has to be well before others hear of it."
    )
    load_seconds: float = Field(
        default=10.0, ge=0, description="Seconds between two events about a cluster's load."
    )
    queue_limit: int = Field(
        default=20_000,
        ge=1,
        description="Submissions that may wait for one cluster; creates only up to 80 % of it.",
    )
    lease_seconds: float = Field(
        default=4.0, gt=0, description="How long a dead gateway holds its clusters."
    )
    poll_seconds: float = Field(
        default=0.5, gt=0, description="How often work is looked for that nobody announced."
    )
    keep_days: int = Field(default=30, ge=1, description="Days a finished submission is kept.")
