"""The demo's supervisor, with real parts around a stub of the six services."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.parts.ports import free_port
from tests.parts.postgres import open_folder

pytestmark = pytest.mark.timeout(400)

PATIENCE = 180  # seconds; a busy machine is no failure
NAMES = (
    *("identity", "compute", "network", "image", "volume", "gateway", "watcher"),
    *("postgres", "simulator", "simulator_admin", "agent", "console"),
)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One folder for all tests: what the first start makes, later ones find."""
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def environ(home: Path) -> dict[str, str]:
    ports = {f"CYCLADES_DEMO_{name.upper()}_PORT": str(free_port()) for name in NAMES}
    ours = {
        key: value for key, value in os.environ.items() if not key.startswith(("CYCLADES_", "MAKE"))
    }
    return ours | ports | {"CYCLADES_DEMO_CLUSTERS": "1", "CYCLADES_DEMO_HOME": str(home)}


@contextmanager
def demo(environ: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.parts.stub_demo"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait(condition: Callable[[], bool], process: "subprocess.Popen[str] | None" = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        if process and process.poll() is not None:
            pytest.fail(f"the demo ended: {process.communicate()[0]}")
        time.sleep(0.05)


def started_in(home: Path) -> dict[int, str]:
    """Every process that has the demo's folder in its command or environment."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if os.fsencode(home) in words:
                found[int(entry.name)] = words.split(b"\0")[0].decode()
    return found


def test_it_is_ready_and_ends_on_sigterm_leaving_nothing(
    environ: dict[str, str], home: Path
) -> None:
    with demo(environ) as process:
        wait((home / "ready").exists, process)
        for secret in ("openrc", "clouds.yaml"):
            assert (home / secret).stat().st_mode & 0o777 == 0o600
        process.terminate()
        told, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    assert f"source {home}/openrc" in told
    assert not (home / "ready").exists()
    assert started_in(home) == {}


def test_killed_on_the_spot_it_leaves_nothing(environ: dict[str, str], home: Path) -> None:
    with demo(environ) as process:
        wait((home / "ready").exists, process)
        assert len(started_in(home)) > 5
        process.kill()
        wait(lambda: not (home / "ready").exists())
        wait(lambda: started_in(home) == {})


def test_a_child_that_dies_takes_everything_down_with_its_last_words(
    environ: dict[str, str], home: Path
) -> None:
    with demo(environ) as process:
        wait((home / "ready").exists, process)
        (victim,) = processes_of(home, "stub_cloud.py")
        os.kill(victim, signal.SIGKILL)
        told, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "the cloud has ended. Its last words:\n    the stub serves" in told
    assert not (home / "ready").exists()
    assert started_in(home) == {}


def processes_of(home: Path, program: str) -> list[int]:
    return [
        pid
        for pid in started_in(home)
        if program.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def test_when_make_is_killed_it_ends_as_well(environ: dict[str, str], home: Path) -> None:
    # A shell in make's place: it starts the demo as its child, and is killed.
    shell = ["sh", "-c", f"{sys.executable} -m tests.parts.stub_demo; exit 0"]
    with subprocess.Popen(
        shell, env=environ | {"MAKELEVEL": "1"}, stdout=subprocess.DEVNULL, start_new_session=True
    ) as make:
        wait((home / "ready").exists)
        make.kill()
    wait(lambda: started_in(home) == {})
    assert not (home / "ready").exists()


def test_a_taken_port_is_named_with_its_setting_and_nothing_starts(
    environ: dict[str, str], home: Path
) -> None:
    port = int(environ["CYCLADES_DEMO_IMAGE_PORT"])
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        with demo(environ) as process:
            told, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert f"Port {port} is taken" in told
    assert "CYCLADES_DEMO_IMAGE_PORT=" in told
    assert started_in(home) == {}


def test_while_it_runs_its_folder_is_its_own_and_its_sign_is_true(
    environ: dict[str, str], home: Path
) -> None:
    reset = [sys.executable, "-m", "deploy.standalone.reset"]
    with demo(environ) as process:
        wait((home / "ready").exists, process)
        with demo(environ) as second:
            told, _ = second.communicate(timeout=PATIENCE)
        assert (second.returncode, "Another demo is running" in told) == (1, True)
        refused = subprocess.run(reset, env=environ, capture_output=True, text=True, check=False)
        assert (refused.returncode, "stop it first" in refused.stderr) == (1, True)

        (cloud,) = processes_of(home, "stub_cloud.py")
        os.kill(cloud, signal.SIGSTOP)
        wait(lambda: not (home / "ready").exists(), process)
        os.kill(cloud, signal.SIGCONT)
        wait((home / "ready").exists, process)

        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    subprocess.run(reset, env=environ, capture_output=True, check=True)
    assert {entry.name for entry in home.iterdir()} <= {"env", "lock"}
