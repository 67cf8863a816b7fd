"""The agent on a directory of its own: what it sees, when it speaks, and to whom."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from deploy.ganeti.agent.cyclades_hints import AFRESH, Agent, Hint, Queue, Watchers, hint_of

TOKEN = "not-a-secret"  # of a test


def a_job(job_id: int, *, ended: bool = True, instance: str | None = "cyc-1") -> dict[str, Any]:
    op = {"OP_ID": "OP_INSTANCE_STARTUP", "osparams_secret": "s3cret"}
    if instance:
        op["instance_name"] = instance
    return {
        "id": job_id,
        "ops": [{"input": op, "status": "success" if ended else "running"}],
        "end_timestamp": [1, 2] if ended else None,
    }


class Site:
    """A queue's directory and a watcher that writes down what it hears."""

    def __init__(self, folder: Path) -> None:
        self.queue = folder / "queue"
        self.queue.mkdir()
        self.master = folder / "ssconf_master_node"
        self.master.write_text("node1\n")
        self.heard: list[Any] = []
        self.status = 204
        site = self

        class Watcher(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                site.heard.append(
                    (self.path, self.headers["Authorization"], json.loads(body)["jobs"])
                )
                self.send_response(site.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            @override
            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Watcher)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def write(self, job_id: int, text: str | None = None, **what: Any) -> None:
        """Write a job's file as Ganeti does."""
        new = self.queue / f"job-{job_id}abc.new"
        new.write_text(json.dumps(a_job(job_id, **what)) if text is None else text)
        new.rename(self.queue / f"job-{job_id}")

    @property
    def jobs(self) -> list[dict[str, Any]]:
        return [job for _path, _token, jobs in self.heard for job in jobs]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.server.shutdown()
    site.thread.join()
    site.server.server_close()


@pytest.fixture
def agent(site: Site) -> Iterator[Agent]:
    queue = Queue(str(site.queue))
    watchers = Watchers([site.url], "athens", TOKEN, None)
    yield Agent(queue, watchers, "node1", str(site.master))
    queue.close()
    for line in watchers._open.values():
        line.close()


def test_the_end_of_a_job_is_told_with_its_instance_and_nothing_else(
    site: Site, agent: Agent
) -> None:
    agent.turn(0)
    site.write(7)
    agent.turn(5)
    path, token, jobs = site.heard[-1]
    assert (path, token) == ("/v1/clusters/athens/hints", f"Bearer {TOKEN}")
    assert jobs == [{"id": 7, "ended": True, "instance": "cyc-1"}]
    assert "s3cret" not in str(site.heard)


def test_a_job_that_goes_on_is_not_told(site: Site, agent: Agent) -> None:
    agent.turn(0)
    site.write(7, ended=False)
    agent.turn(5)
    assert site.jobs == []


def test_a_sign_of_life_is_given(site: Site, agent: Agent) -> None:
    agent.turn(0)
    assert [jobs for _path, _token, jobs in site.heard] == [[]]


def test_a_node_that_is_not_the_master_is_silent_and_catches_up_when_it_becomes_it(
    site: Site, agent: Agent
) -> None:
    site.master.write_text("node2\n")
    site.write(7)
    agent.turn(5)
    assert site.heard == []
    site.master.write_text("node1\n")
    agent.turn(0)
    assert [job["id"] for job in site.jobs] == [7]


def test_what_was_missed_is_read_from_the_directory(
    site: Site, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.turn(0)
    for number in range(1, AFRESH + 20):
        site.write(number)
    monkeypatch.setattr(agent._queue, "changed", lambda _seconds: ([], True))
    agent.turn(0)
    assert [job["id"] for job in site.jobs] == list(range(20, AFRESH + 20))


def test_a_watcher_that_does_not_watch_the_cluster_is_passed_over(
    site: Site, tmp_path: Path
) -> None:
    watchers = Watchers(["http://127.0.0.1:1", site.url], "athens", TOKEN, None)
    assert watchers.tell([Hint(1, ended=True, instance=None)])
    assert watchers._urls[0] == site.url, "it is asked first from now on"
    site.status = 404
    assert not watchers.tell([])
    for line in watchers._open.values():
        line.close()


def test_files_that_are_no_jobs_are_passed_over(site: Site, agent: Agent) -> None:
    agent.turn(0)
    site.write(8, text="{not json")
    (site.queue / "serial.new").write_text("8")
    (site.queue / "serial.new").rename(site.queue / "serial")
    agent.turn(5)
    assert site.jobs == []
    assert hint_of(8, b"[]") is None
    assert hint_of(8, b'{"ops": 1, "end_timestamp": null}') is None
