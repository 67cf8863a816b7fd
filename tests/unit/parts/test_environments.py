"""When an environment is made, and when it is left alone."""

import re
import subprocess
from pathlib import Path

import pytest

from deploy.parts import environments
from deploy.parts.environments import Environment, EnvironmentNotMade


@pytest.fixture
def made(tmp_path: Path) -> Environment:
    lock = tmp_path / "some.lock"
    lock.write_text("one==1 \\\n    --hash=sha256:aa\n    # via two==2\ntwo==2 \\\n")
    env = Environment(name="some", home=tmp_path / "some", lock=lock)
    env.python.parent.mkdir(parents=True)
    env.python.touch()
    env.stamp.write_text(env.fingerprint())
    return env


def test_an_environment_made_from_its_lock_is_current(made: Environment) -> None:
    assert made.is_current()
    assert made.packages() == 2


def test_another_lock_makes_it_stale(made: Environment) -> None:
    made.lock.write_text("one==2 \\\n")
    assert not made.is_current()


def test_another_place_makes_it_stale(made: Environment, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    made.home.rename(moved)
    assert not Environment(name="some", home=moved, lock=made.lock).is_current()


def test_a_missing_interpreter_makes_it_stale(made: Environment) -> None:
    made.python.unlink()
    assert not made.is_current()


def test_every_lock_of_the_project_names_a_hash_for_each_package_and_no_address() -> None:
    for name in ("cyclades", "bootstrap", "keystone", "clients"):
        lock = environments.environment(name).lock.read_text()
        assert lock.count("==") > 0
        assert "://" not in lock
        entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
        assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_when_uv_cannot_pip_tries(
    made: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def run(command: list[str | Path]) -> None:
        ran.append(" ".join(map(str, command)))
        if "/uv " in ran[-1]:
            raise EnvironmentNotMade("uv failed:\nno route to the index")

    monkeypatch.setattr(environments, "_run", run)
    monkeypatch.setattr(environments, "_interpreter_is_ours", lambda _: True)
    monkeypatch.setattr(environments, "environment", lambda name: made)
    environments._make_one(made)
    assert "--require-hashes" in ran[-1]
    assert " pip install " in ran[-1]
    assert "trying once more with pip (no route to the index)" in capsys.readouterr().out


def test_the_last_words_of_a_failed_command_are_told() -> None:
    with pytest.raises(EnvironmentNotMade, match="sorry"):
        environments._run(["sh", "-c", "echo sorry >&2; exit 3"])


def test_the_installer_needs_nothing_installed() -> None:
    said = subprocess.run(
        ["python3", "-S", "-c", "import deploy.parts.environments, deploy.standalone.reset"],
        cwd=environments.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stderr == ""
