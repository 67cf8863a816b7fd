"""The ``cyclades`` command, as far as it needs nobody else."""

import json

import pytest
from typer.testing import CliRunner

from deploy.cli.clusters import link_in
from deploy.cli.main import app
from deploy.cli.problems import NEXT, next_step
from deploy.cli.session import NEEDED, NotLoggedIn, login_from
from shared.contracts.gateway import Link
from shared.errors import Conflict

LOGIN = {name: name.lower() for name in NEEDED}


@pytest.fixture(autouse=True)
def no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NEEDED, "CYCLADES_GATEWAY_URL"):
        monkeypatch.delenv(name, raising=False)


def test_who_is_asking_comes_from_the_environment() -> None:
    login = login_from(LOGIN | {"CYCLADES_GATEWAY_URL": "http://gateway"})
    assert (login.auth_url, login.gateway_url) == ("os_auth_url", "http://gateway")
    assert login.credentials.user_domain_name == "Default"
    assert "os_password" not in repr(login)


def test_missing_variables_are_named() -> None:
    with pytest.raises(NotLoggedIn, match="OS_PASSWORD not set"):
        login_from({name: value for name, value in LOGIN.items() if name != "OS_PASSWORD"})


def test_every_error_names_a_next_step() -> None:
    result = CliRunner().invoke(app, ["cluster", "list", "--json"])
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert "OS_AUTH_URL" in error["message"]
    assert "openrc" in error["next"]
    assert all(step for _kind, step in NEXT)
    assert "cluster list" in next_step(Conflict("taken"))


def test_links_are_read() -> None:
    assert link_in("physnet1=bridged:br0") == ("physnet1", Link(mode="bridged", link="br0"))
    assert link_in("p=openvswitch:ovs:7") == ("p", Link(mode="openvswitch", link="ovs", vlan="7"))


@pytest.mark.parametrize("text", ["physnet1", "p=bridged", "=bridged:br0", "p=strange:br0"])
def test_a_malformed_link_is_refused(text: str) -> None:
    options = ["cluster", "add", "c1", "https://x", "--username", "u", "--password", "hush"]
    result = CliRunner().invoke(app, [*options, "--link", text, "--json"])
    assert result.exit_code == 1
    assert "next" in json.loads(result.stdout)["error"]
    assert "hush" not in result.output


def test_a_key_is_made() -> None:
    first, second = (CliRunner().invoke(app, ["key"]).stdout.strip() for _ in range(2))
    assert len(first) == 44
    assert first != second
