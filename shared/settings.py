"""What every service can be told from outside, typed, each with its sentence.

A service derives from ``ServiceSettings`` with its own prefix, ``CYCLADES_<SERVICE>_``. What all
services share (database server, bus, identity) may be given once, as ``CYCLADES_<NAME>``.
Unknown variables with a service's prefix are refused, so that a typing error is seen.
"""

import json
import os
from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

COMMON = "CYCLADES_"
# Settings that may be given once for all services, under the common prefix.
SHARED = ("amqp_url", "identity_url", "service_password", "secret_key", "log_level", "host")


def _decoded(value: str) -> Any:
    """Return lists and tables, which are written as JSON, decoded; anything else as it is."""
    if value[:1] not in ("[", "{"):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


class ServiceSettings(BaseSettings):
    """The knobs all services have."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address the HTTP side listens on.")
    port: int = Field(default=0, description="Port the HTTP side listens on; 0 takes a free one.")
    public_url: str | None = Field(
        default=None, description="How clients reach the service; links are built from it."
    )
    database_url: SecretStr = Field(
        default=SecretStr(""), description="postgresql:// URL of the service's own database."
    )
    database_pool: int = Field(default=8, description="Connections the service keeps open.")
    amqp_url: SecretStr | None = Field(
        default=None, description="amqp:// URL of RabbitMQ; absent: the bus of the process."
    )
    identity_url: str = Field(default="http://127.0.0.1:5000", description="Keystone, without /v3.")
    service_user: str = Field(default="cyclades", description="Our user in project service.")
    service_password: SecretStr = Field(
        default=SecretStr(""), description="Password of the service user."
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Fernet key (or several, newest first, comma separated) for secrets at rest.",
    )
    token_cache_seconds: float = Field(
        default=30.0, description="How long a validated token is believed; 0 asks every time."
    )
    log_level: str = Field(default="INFO", description="Least level that is logged.")
    gateway_url: str = Field(
        default="http://127.0.0.1:8790", description="The RAPI gateway's internal API."
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **given: Any) -> Self:
        """Read the settings; what is given in code wins, then the service's own variables.

        Args:
            environment: the variables; the process's own if absent.
            given: values set in code.

        Raises:
            pydantic.ValidationError: a variable is unknown or has a value it cannot have.
        """
        variables = os.environ if environment is None else environment
        prefix = str(cls.model_config.get("env_prefix", ""))
        values: dict[str, Any] = {}
        for name in SHARED:
            if (value := variables.get(f"{COMMON}{name.upper()}")) is not None:
                values[name] = value
        for variable, value in variables.items():
            if variable.startswith(prefix):
                values[variable.removeprefix(prefix).lower()] = value
        return cls(**({name: _decoded(value) for name, value in values.items()} | given))

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values only from ``from_environment``: one way in, the same in tests."""
        return (init_settings,)
