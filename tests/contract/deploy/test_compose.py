"""The compose file and the images, as far as they can be held to account without an engine."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from deploy.compose_env import main, secrets_file
from deploy.parts.environments import ROOT
from shared.settings import ServiceSettings

DEPLOY: Final = ROOT / "deploy"
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: Final[dict[str, Any]] = COMPOSE["services"]
OURS: Final = [name for name, each in SERVICES.items() if each["image"] == "cyclades"]
VARIABLE: Final = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def secret_values() -> dict[str, str]:
    return dict(line.split("=", 1) for line in secrets_file().splitlines())


def filled_in(text: str, secrets: dict[str, str]) -> str:
    """Interpolate as the engine does, with the file that `compose_env` writes."""

    def value(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        return secrets[name] if kind != "-" else secrets.get(name, default)

    return VARIABLE.sub(value, text)


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_there(name: str) -> None:
    module, *role = SERVICES[name]["command"]
    assert find_spec(f"{module}.__main__" if role else module) is not None
    assert role in ([], ["api"], ["worker"], ["all"], ["migrate"])


@pytest.mark.parametrize("name", [name for name in OURS if name != "identity-setup"])
def test_each_process_understands_what_it_is_told(name: str) -> None:
    module = import_module(f"{SERVICES[name]['command'][0]}.settings")
    (kind,) = (
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, ServiceSettings)
        and each is not ServiceSettings
    )
    secrets = secret_values()
    told = {key: filled_in(str(v), secrets) for key, v in SERVICES[name]["environment"].items()}
    read = kind.from_environment(told)
    health = SERVICES[name].get("healthcheck", {}).get("test", [f":{read.port}/"])[-1]
    assert f":{read.port}/" in health
    assert "postgres/cyclades_" in read.database_url.get_secret_value()


def test_every_secret_is_made_and_none_is_written_in_the_file() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    required = {name for name, kind, _ in VARIABLE.findall(text) if kind != "-"}
    assert required == set(secret_values())


def test_secrets_are_private_and_never_replaced(tmp_path: Path) -> None:
    place = tmp_path / ".env"
    assert main(place) == 0
    before = place.read_text()
    assert main(place) == 1
    assert place.read_text() == before
    assert place.stat().st_mode & 0o777 == 0o600


def test_whoever_is_waited_for_is_there() -> None:
    for each in SERVICES.values():
        assert set(each.get("depends_on", {})) <= set(SERVICES)


def test_the_images_are_built_from_what_is_there() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    copied = [
        line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line
    ]
    assert copied
    assert [path for path in copied if not (ROOT / path).exists()] == []
    stages = {line.split()[-1] for line in lines if line.startswith("FROM ")}
    assert {each["build"]["target"] for each in SERVICES.values() if "build" in each} <= stages
