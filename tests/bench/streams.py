"""Measures one stream of an image up and down, in turns with the least that can do the same."""

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

from deploy.parts.children import start
from deploy.parts.ports import answers, free_port
from tests.bench import cpu
from tests.bench.budget import Budget
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.parts.site import DEMO

SIZE: Final = 256 * 1024 * 1024
TURNS: Final = 3
CHUNK: Final = 1024 * 1024
MEGABYTE: Final = 1_000_000
UP, DOWN = Budget(share=70), Budget(share=70)


@dataclass(kw_only=True)
class Speeds:
    """What one way of one server came to: seconds, and CPU of its processes."""

    seconds: list[float] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def megabytes(self) -> float:
        """MB a second, the median of the turns."""
        return round(SIZE / MEGABYTE / median(self.seconds), 0)


def streams(rig: Rig) -> Iterator[Figure]:
    """Send an image and fetch it again, to and from us and the bare server by turns."""
    with bare_server(rig.cloud.home) as (bare, bare_pid):
        ours_pid = rig.cloud.children["image"].process.pid
        ours_up, ours_down, bare_up, bare_down = Speeds(), Speeds(), Speeds(), Speeds()
        for _turn in range(TURNS):
            url, headers = new_image(rig), {"X-Auth-Token": rig.cloud.token(*DEMO)}
            timed(ours_up, ours_pid, partial(send, url, headers))
            timed(bare_up, bare_pid, partial(send, bare, {}))
            timed(ours_down, ours_pid, partial(fetch, url, headers))
            timed(bare_down, bare_pid, partial(fetch, bare, {}))
            forget(rig, url)
    yield figure("image up, one stream: MB/s", ours_up, bare_up, UP, "aim 300 MB/s")
    yield figure("image down, one stream: MB/s", ours_down, bare_down, DOWN, "aim 1,000 MB/s")


def figure(scenario: str, ours: Speeds, bare: Speeds, budget: Budget, note: str) -> Figure:
    """Return our speed beside the bare server's; CPU is of the service, for one stream."""
    return Figure(
        scenario=f"{scenario} of {SIZE // 2**20} MiB ({note})",
        clients=1,
        requests=TURNS,
        per_second=ours.megabytes,
        cpu_ms=round(ours.cpu * 1000 / TURNS, 0),
        prototype_per_second=bare.megabytes,
        prototype_cpu_ms=round(bare.cpu * 1000 / TURNS, 0),
        share=round(100 * ours.megabytes / bare.megabytes, 1),
        budget=budget,
    )


def timed(speeds: Speeds, pid: int, work: partial[None]) -> None:
    """Do the work, and note how long it took and what it cost the server."""
    before, began = cpu.tree_seconds([pid]), time.perf_counter()
    work()
    speeds.seconds.append(time.perf_counter() - began)
    speeds.cpu += cpu.tree_seconds([pid]) - before


@contextmanager
def bare_server(home: Path) -> Iterator[tuple[str, int]]:
    """Run the bare server for the length of the block; gives its file's URL, and its process."""
    port = free_port()
    with TemporaryDirectory(dir=home) as folder:
        command = [sys.executable, "-m", "tests.bench.bare_streams", str(port), folder]
        child = start("bare streams", command, log=home / "bare.log", environ=os.environ)
        try:
            child.wait_until(partial(answers, port), within=30)
            yield f"http://127.0.0.1:{port}/file", child.process.pid
        finally:
            child.stop()


def new_image(rig: Rig) -> str:
    """Have an image without bytes; return where they go."""
    image = {"name": "stream", "disk_format": "raw", "container_format": "bare"}
    answer = rig.cloud.call("POST", "image", "/v2/images", image, who=DEMO)
    assert answer.status_code == 201, answer.text
    return f"{rig.cloud.url('image')}/v2/images/{answer.json()['id']}/file"


def forget(rig: Rig, url: str) -> None:
    """Delete an image: a few of these fill a disk."""
    rig.cloud.call("DELETE", "image", urlsplit(url).path.removesuffix("/file"), who=DEMO)


def send(url: str, headers: Mapping[str, str]) -> None:
    """Send a file by PUT, as fast as a socket takes it."""
    chunk = os.urandom(CHUNK)
    more = {
        **headers,
        "Content-Length": str(SIZE),
        "Content-Type": "application/octet-stream",
    }
    with connected(url) as there:
        there.sendall(head("PUT", url, more))
        for _each in range(SIZE // CHUNK):
            there.sendall(chunk)
        answer = there.recv(4096)
        assert answer.split()[1] in {b"200", b"204"}, answer


def fetch(url: str, headers: Mapping[str, str]) -> None:
    """Fetch a file by GET, and throw it away."""
    buffer = bytearray(CHUNK)
    with connected(url) as there:
        there.sendall(head("GET", url, headers))
        first = there.recv(65536)
        came = len(first) - first.index(b"\r\n\r\n") - 4
        assert first.split()[1] == b"200", first
        while came < SIZE:
            some = there.recv_into(buffer)
            assert some, "the answer broke off"
            came += some


def connected(url: str) -> socket.socket:
    """Return a connection to whoever serves the URL."""
    parts = urlsplit(url)
    return socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=120)


def head(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request."""
    lines = [f"{method} {urlsplit(url).path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()
