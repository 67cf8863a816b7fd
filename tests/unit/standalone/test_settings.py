"""What the demo can be told, and what it tells the services."""

from importlib import import_module
from pathlib import Path

import pytest

from deploy.parts.keystone import Keystone
from deploy.parts.postgres import PostgresServer
from deploy.simulator.tls import ensure_certificate
from deploy.standalone.clusters import registrations
from deploy.standalone.credentials import write_credentials
from deploy.standalone.settings import DemoSettings
from deploy.standalone.wiring import SERVICES, environment
from shared.contracts.gateway import ClusterRegistration
from shared.settings import ServiceSettings


@pytest.fixture
def settings(tmp_path: Path) -> DemoSettings:
    return DemoSettings(home=tmp_path)


@pytest.fixture
def keystone(tmp_path: Path) -> Keystone:
    return Keystone(home=tmp_path / "keystone", port=5000)


SERVER = PostgresServer(host="127.0.0.1", port=5433, user="cyclades", password="s3cret")


def test_every_port_can_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in set(DemoSettings().ports(postgres=True).values()):
        monkeypatch.setenv(variable, "1")
    assert set(DemoSettings(clusters=1).ports(postgres=True)) == {1}


def test_each_simulated_cluster_needs_a_port() -> None:
    wanted = DemoSettings(clusters=3, simulator_port=9000).ports(postgres=False)
    assert {9000, 9001, 9002} <= set(wanted)
    assert "CYCLADES_DEMO_POSTGRES_PORT" not in wanted.values()


def test_real_clusters_need_no_simulator(tmp_path: Path) -> None:
    file = tmp_path / "clusters.json"
    file.write_text('[{"name": "site-a", "url": "https://ganeti:5080"}]')
    settings = DemoSettings(clusters_file=file)
    assert registrations(settings) == [{"name": "site-a", "url": "https://ganeti:5080"}]
    assert not any("SIMULATOR" in name for name in settings.ports(postgres=True).values())


def test_simulated_clusters_have_the_providers_disks_and_an_agent(settings: DemoSettings) -> None:
    ensure_certificate(settings.home / "simulator")
    first, second = registrations(settings)
    assert first["ext_provider"] == "cyclades"
    assert first["agent_url"] == second["agent_url"] == "https://127.0.0.1:8799"
    assert first["agent_ca_pem"].startswith("-----BEGIN CERTIFICATE-----")
    assert first["agent_ca_pem"] != first["ca_pem"]
    assert first["agent_token"] not in {"", first["password"]}
    assert ClusterRegistration.model_validate(first).agent_url == first["agent_url"]


def test_services_are_told_where_they_listen_and_who_they_are(
    settings: DemoSettings, keystone: Keystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CYCLADES_DATABASE_URL", raising=False)
    told = environment(settings, SERVER, keystone)
    assert told["CYCLADES_DATABASE_URL"] == "postgresql://cyclades:s3cret@127.0.0.1:5433/postgres"
    assert told["CYCLADES_COMPUTE_PORT"] == "8774"
    assert told["CYCLADES_COMPUTE_NETWORK_URL"] == "http://127.0.0.1:9696"
    assert told["CYCLADES_VOLUME_SERVICE_USER"] == "cinder"
    assert told["CYCLADES_VOLUME_SERVICE_PASSWORD"] == keystone.password("cinder")


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_understands_what_it_is_told(
    settings: DemoSettings, keystone: Keystone, service: str
) -> None:
    module = import_module(f"services.{service}.settings")
    (kind,) = (
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, ServiceSettings)
        and each is not ServiceSettings
    )
    read = kind.from_environment(environment(settings, SERVER, keystone))
    assert read.port == settings.service_ports()[service]
    assert read.service_user == SERVICES[service]


def test_a_variable_of_the_users_wins(
    settings: DemoSettings, keystone: Keystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYCLADES_IMAGE_HOST", "192.0.2.7")
    monkeypatch.setenv("CYCLADES_AMQP_URL", "amqp://broker/")
    told = environment(settings, SERVER, keystone)
    assert (told["CYCLADES_IMAGE_HOST"], told["CYCLADES_AMQP_URL"]) == (
        "192.0.2.7",
        "amqp://broker/",
    )


def test_the_secret_key_stays_the_same(settings: DemoSettings, keystone: Keystone) -> None:
    first, second = (environment(settings, SERVER, keystone) for _ in range(2))
    assert first["CYCLADES_SECRET_KEY"] == second["CYCLADES_SECRET_KEY"]


def test_credentials_are_private_and_name_both_clouds(
    settings: DemoSettings, keystone: Keystone
) -> None:
    write_credentials(settings.home, keystone, "http://127.0.0.1:8790")
    openrc, clouds = (settings.home / name for name in ("openrc", "clouds.yaml"))
    assert keystone.password("admin") in openrc.read_text()
    assert {"cyclades-admin", "cyclades-demo"} <= set(clouds.read_text().split('"'))
    assert {path.stat().st_mode & 0o777 for path in (openrc, clouds)} == {0o600}
    assert (settings.home / "bin" / "cyclades").stat().st_mode & 0o100
