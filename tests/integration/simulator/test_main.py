"""Starting the simulator as a program."""

import asyncio
import json
import signal
import socket
import sys
from pathlib import Path

import pytest

from deploy.simulator.__main__ import main


def _config(folder: Path, content: str) -> Path:
    path = folder / "config.json"
    path.write_text(content)
    return path


def _run(config: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["simulator", "--config", str(config)])
    return main()


@pytest.mark.parametrize("content", ["not json", "{}", '{"state_dir": "/tmp", "nosuch": 1}'])
def test_a_wrong_configuration_is_explained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
) -> None:
    assert _run(_config(tmp_path, content), monkeypatch) == 2
    assert "config.json" in capsys.readouterr().err


def test_a_taken_port_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = {"state_dir": str(tmp_path), "base_port": taken.getsockname()[1]}
        assert _run(_config(tmp_path, json.dumps(settings)), monkeypatch) == 1
    assert capsys.readouterr().err.startswith("cannot serve: ")


async def test_it_says_when_it_is_ready_and_stops_when_told(tmp_path: Path) -> None:
    settings = {"state_dir": str(tmp_path / "state"), "base_port": 0, "clusters": 2}
    config = _config(tmp_path, json.dumps(settings))
    command = [sys.executable, "-m", "deploy.simulator", "--config", str(config)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    assert [cluster["name"] for cluster in ready["clusters"]] == [
        "cluster1.sim.test",
        "cluster2.sim.test",
    ]
    process.send_signal(signal.SIGTERM)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert (tmp_path / "state" / "state.json").exists()
