"""The storage agent as a process, a caller of it, and a server of images."""

import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.simulator.tls import ensure_certificate
from tests.ganeti.image_server import ImageServer, serving

TOKEN = "correct-horse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Says things to an agent, by default with its token."""

    http: httpx.Client
    folder: Path  # what the agent was given: storage, console logs

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self.http.request(method, path, json=body)

    def have(self, path: str, body: object) -> dict[str, Any]:
        """Repeat a PUT until it is no longer working; the agent itself waits a little."""
        while True:
            answer = self.call("PUT", path, body)
            assert answer.status_code == 200, answer.text
            made: dict[str, Any] = answer.json()
            if made["status"] != "working":
                return made


@contextmanager
def running_agent(folder: Path, *options: str) -> Iterator[Caller]:
    """Run an agent on a folder for as long as the block lasts."""
    certificate, key = ensure_certificate(folder / "tls")
    (folder / "token").write_text(TOKEN + "\n")
    (folder / "consoles").mkdir(exist_ok=True)
    where = {
        "root": folder / "storage",
        "token-file": folder / "token",
        "certificate": certificate,
        "key": key,
        "console-logs": folder / "consoles",
    }
    typed = [f"--{name}={path}" for name, path in where.items()]
    command = [sys.executable, "-m", "deploy.ganeti.storage", "agent", "--listen=127.0.0.1:0"]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*command, *typed, *options], stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["listening"]
        with httpx.Client(
            base_url=f"https://{address}",
            verify=ssl.create_default_context(cafile=certificate),
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
            timeout=60,
        ) as http:
            yield Caller(http=http, folder=folder)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Any]:
    """Start an agent on this test's folder."""
    return lambda *options: running_agent(tmp_path, *options)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Caller]:
    with running_agent(tmp_path) as caller:
        yield caller


@pytest.fixture
def image_server() -> Iterator[ImageServer]:
    with serving("127.0.0.1") as server:
        yield server
