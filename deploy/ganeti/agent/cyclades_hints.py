#!/usr/bin/python3
"""Tells Cyclades' watchers when a job of this Ganeti cluster has ended.

Runs on every master candidate, speaks only on the master. It watches the job queue's directory
and posts hints: a job's id, and the instance it worked on. Nothing else of a job leaves the node,
and the watcher believes nothing of it: it asks Ganeti, only sooner. A hint that is lost costs a
few seconds, so nothing is kept and nothing is repeated.

One file, standard library only, Python 3.9 or later; needs to read the queue (root, or the group
gnt-daemons).
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import http.client
import json
import logging
import os
import re
import select
import socket
import ssl
import struct
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Any, NamedTuple

log = logging.getLogger("cyclades_hints")

IN_MOVED_TO = 0x80
IN_Q_OVERFLOW = 0x4000
IN_IGNORED = 0x8000
IN_ONLYDIR = 0x1000000
HEADER = struct.Struct("iIII")
# Ganeti writes a temporary file and renames it; its names may begin with digits as well.
JOB = re.compile(r"^job-([0-9]+)$")
SIGN_OF_LIFE = 10.0  # seconds
MOST = 500  # hints in one message
AFRESH = 50  # newest jobs hinted at after a start, an overflow or a promotion
PATIENCE = 5.0  # seconds a watcher may take


class Hint(NamedTuple):
    """What is said of a job."""

    job_id: int
    ended: bool
    instance: str | None

    def as_json(self) -> dict[str, Any]:
        """Return what goes over the wire."""
        return {"id": self.job_id, "ended": self.ended, "instance": self.instance}


def hint_of(job_id: int, text: bytes) -> Hint | None:
    """Read a job's file; None when it is none, or is not what it should be.

    Args:
        job_id: from the file's name.
        text: the file.
    """
    try:
        job = json.loads(text)
        ops = [op["input"] for op in job["ops"]]
        ended = job["end_timestamp"] is not None
    except (ValueError, KeyError, TypeError):
        return None
    names = [op.get("instance_name") for op in ops]
    instance = next((name for name in names if isinstance(name, str)), None)
    return Hint(job_id, ended, instance)


class Queue:
    """The queue's directory, and what is renamed into it."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self._watch()

    def changed(self, seconds: float) -> tuple[list[int], bool]:
        """Wait for changes; return the jobs that were written, and whether some were missed."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return [], False
        jobs: dict[int, None] = {}  # in order, each once
        missed = False
        with contextlib.suppress(BlockingIOError):
            while True:
                missed |= self._read(os.read(self._fd, 65536), jobs)
        return list(jobs), missed

    def newest(self, many: int) -> list[int]:
        """Return the ids of the newest jobs."""
        found = (JOB.match(each.name) for each in self.path.iterdir())
        return sorted(int(each[1]) for each in found if each)[-many:]

    def read(self, job_id: int) -> Hint | None:
        """Return what is to be said of a job; None when it is gone."""
        try:
            return hint_of(job_id, (self.path / f"job-{job_id}").read_bytes())
        except OSError:
            return None

    def close(self) -> None:
        """Stop watching."""
        os.close(self._fd)

    def _watch(self) -> None:
        mask = IN_MOVED_TO | IN_ONLYDIR
        if self._libc.inotify_add_watch(self._fd, os.fsencode(self.path), mask) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(self.path))

    def _read(self, events: bytes, jobs: dict[int, None]) -> bool:
        missed, at = False, 0
        while at < len(events):
            _watch, mask, _cookie, length = HEADER.unpack_from(events, at)
            name = events[at + HEADER.size : at + HEADER.size + length].split(b"\0")[0]
            at += HEADER.size + length
            if mask & IN_IGNORED:  # the directory was replaced
                self._watch()
            missed |= bool(mask & (IN_Q_OVERFLOW | IN_IGNORED))
            match = JOB.match(name.decode(errors="replace"))
            if match:
                jobs[int(match[1])] = None
        return missed


class Watchers:
    """Where hints go: to the replica that watches this cluster, which changes now and then."""

    def __init__(self, urls: list[str], cluster: str, token: str, ca_file: str | None) -> None:
        self._urls = urls
        self._path = f"/v1/clusters/{urllib.parse.quote(cluster)}/hints"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._open: dict[str, http.client.HTTPConnection] = {}

    def tell(self, hints: list[Hint]) -> bool:
        """Post hints to the watcher that takes them; whether one did."""
        body = json.dumps({"jobs": [hint.as_json() for hint in hints]}).encode()
        for url in list(self._urls):
            if self._post(url, body):
                self._urls.remove(url)  # it is asked first the next time
                self._urls.insert(0, url)
                return True
        return False

    def _post(self, url: str, body: bytes) -> bool:
        for fresh in (False, True):  # a kept connection may have been closed meanwhile
            line = self._line(url, fresh=fresh)
            try:
                line.request("POST", self._path, body=body, headers=self._headers)
                answer = line.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as problem:
                log.debug("%s does not answer: %s", url, problem)
                line.close()
                continue
            if answer.status not in (204, 404):
                log.warning("%s answered %s", url, answer.status)
            return answer.status == 204
        return False

    def _line(self, url: str, *, fresh: bool) -> http.client.HTTPConnection:
        if fresh or url not in self._open:
            where = urllib.parse.urlsplit(url)
            if where.scheme == "https":
                self._open[url] = http.client.HTTPSConnection(
                    where.netloc, timeout=PATIENCE, context=self._tls
                )
            else:
                self._open[url] = http.client.HTTPConnection(where.netloc, timeout=PATIENCE)
        return self._open[url]


class Agent:
    """Watches the queue, and speaks while this node is the master."""

    def __init__(self, queue: Queue, watchers: Watchers, node: str, master_file: str) -> None:
        self._queue = queue
        self._watchers = watchers
        self._node = node
        self._master_file = Path(master_file)
        self._was_master = False
        self._told_at = 0.0

    def is_master(self) -> bool:
        """Whether this node is the master, as far as it knows."""
        try:
            return self._master_file.read_text(encoding="utf-8").strip() == self._node
        except OSError:
            return False

    def turn(self, seconds: float) -> None:
        """Wait for changes, and tell of them."""
        jobs, missed = self._queue.changed(seconds)
        if not self.is_master():
            self._was_master = False
            return
        if missed or not self._was_master:
            jobs = sorted({*jobs, *self._queue.newest(AFRESH)})
        self._was_master = True
        read = (self._queue.read(job_id) for job_id in jobs)
        ended = [hint for hint in read if hint is not None and hint.ended]
        now = time.monotonic()
        if ended or now - self._told_at >= SIGN_OF_LIFE:
            self._told_at = now
            self._watchers.tell(ended[-MOST:])


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Tell Cyclades when Ganeti jobs end.")
    parser.add_argument("--cluster", required=True, help="name of the cluster in Cyclades")
    parser.add_argument("--watcher", action="append", required=True, help="URL; may be repeated")
    parser.add_argument("--token-file", required=True, help="holds the agents' token")
    parser.add_argument("--ca-file", help="certificate to trust, PEM; the system's if absent")
    parser.add_argument("--queue", default="/var/lib/ganeti/queue")
    parser.add_argument("--master-file", default="/var/lib/ganeti/ssconf_master_node")
    parser.add_argument("--node", default=socket.getfqdn(), help="this node's name in Ganeti")
    return parser.parse_args(arguments)


def main() -> None:
    """Run until killed."""
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(message)s")
    chosen = options()
    token = Path(chosen.token_file).read_text(encoding="utf-8").strip()
    if not token:
        sys.exit(f"{chosen.token_file} is empty.")
    watchers = Watchers(chosen.watcher, chosen.cluster, token, chosen.ca_file)
    agent = Agent(Queue(chosen.queue), watchers, chosen.node, chosen.master_file)
    while True:
        agent.turn(SIGN_OF_LIFE)


if __name__ == "__main__":
    main()
