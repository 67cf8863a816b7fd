"""What the agents on master candidates do: say at once that a job has ended."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx

from shared.contracts.ganeti import FINAL
from tests.storm.rig import TOKEN, Rig, short

PAUSE: Final = 0.01  # seconds between two looks; inotify would need none


def _hints(entries: list[list[Any]]) -> list[dict[str, Any]]:
    """What an agent says of what it has seen."""
    return [
        {"id": job_id, "ended": True, "instance": instances[0] if instances else None}
        for _seq, _at, job_id, _received, _index, _opcode, status, instances in entries
        if status in FINAL
    ]


class Agents:
    """The agents of all clusters."""

    def __init__(self, rig: Rig) -> None:
        self._news = f"{rig.admin_url}/sim/news"
        self._watcher = f"{rig.cloud.url('ganeti_watcher')}/v1/clusters"
        self._names = [short(each["name"]) for each in rig.clusters]
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


@contextmanager
def hinting(rig: Rig) -> Iterator[None]:
    """Have agents hint during the block."""
    agents, over = Agents(rig), threading.Event()

    def hint() -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(headers=headers, timeout=10, trust_env=False) as http:
            while not over.wait(PAUSE):
                agents.look(http)

    thread = threading.Thread(target=hint)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
