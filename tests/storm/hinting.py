"""What the agents on master candidates do: say at once that a job has ended."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

import httpx

from shared.contracts.ganeti import FINAL
from tests.storm.rig import PATIENCE, TOKEN, Rig, short

PAUSE: Final = 0.01  # seconds between two looks; inotify would need none


def _hints(entries: list[list[Any]]) -> list[dict[str, Any]]:
    """What an agent says of what it has seen."""
    return [
        {"id": job_id, "ended": True, "instance": instances[0] if instances else None}
        for _seq, _at, job_id, _received, _index, _opcode, status, instances in entries
        if status in FINAL
    ]


class Agents:
    """The agents of all clusters.

    Args:
        news: where the simulator tells what has happened.
        watcher: where hints are taken.
        names: of the clusters, in the simulator's order.
    """

    def __init__(self, news: str, watcher: str, names: Sequence[str]) -> None:
        self._news = news
        self._watcher = watcher
        self._names = names
        self._since = time.time()

    def look(self, http: httpx.Client) -> None:
        """Hint at every job that has ended since the last look."""
        news = http.get(self._news, params={"since": repr(self._since)}).json()["result"]
        for number, entries in news.items():
            self._since = max(self._since, entries[-1][1])
            hints = _hints(entries)
            if hints:
                url = f"{self._watcher}/{self._names[int(number) - 1]}/hints"
                http.post(url, json={"jobs": hints}).raise_for_status()


def _hint(agents: Agents, line: Connection) -> None:
    """Hint until something is said on the line."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(headers=headers, timeout=10, trust_env=False) as http:
        while not line.poll(PAUSE):
            agents.look(http)


@contextmanager
def hinting(rig: Rig) -> Iterator[None]:
    """Have agents hint during the block, from a process of their own."""
    agents = Agents(
        f"{rig.admin_url}/sim/news",
        f"{rig.cloud.url('ganeti_watcher')}/v1/clusters",
        [short(each["name"]) for each in rig.clusters],
    )
    aside = get_context("spawn")
    ours, theirs = aside.Pipe()
    process = aside.Process(target=_hint, args=(agents, theirs), daemon=True)
    process.start()
    try:
        yield
        assert process.is_alive(), "the agents have died"
    finally:
        ours.send("enough")
        process.join(PATIENCE)
