"""Which call each method and path is."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.ganeti.storage import bodies, consoles
from deploy.ganeti.storage.directory import Directory
from deploy.ganeti.storage.keeper import Keeper
from deploy.ganeti.storage.names import checked
from deploy.ganeti.storage.records import Record
from deploy.ganeti.storage.refusals import NotThere, Unusable
from deploy.ganeti.storage.shelf import Shelf

VERSION = "1"
PATH = re.compile(r"/v1/(pool|volumes|snapshots|uploads|consoles)(?:/([^/]+)(?:/(size|content))?)?")
SHOWN = ("id", "status", "progress", "message", "size", "volume", "sent")
Answer = Record | None  # None: 204
Call = Callable[[str, Any], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The calls of one agent."""

    directory: Directory
    keeper: Keeper
    console_logs: Path

    def call(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """Do what is asked and give what to answer.

        Raises:
            Refused: it is not done.
        """
        match = PATH.fullmatch(path)
        if match is None:
            raise NotThere("there is no such resource.")
        kind, name, part = match.groups()
        if kind == "consoles":
            return self._console(method, name or "", query)
        call = self._calls().get((method, "/".join(word for word in (kind, part) if word)))
        if call is None or (name is None) != (kind == "pool"):
            raise NotThere("there is no such resource.")
        answer = call(checked(name or kind), body)
        return answer and {key: answer[key] for key in SHOWN + POOL if key in answer}

    def _calls(self) -> dict[tuple[str, str], Call]:
        keeper, directory = self.keeper, self.directory
        return {
            ("GET", "pool"): lambda _name, _body: self._pool(),
            ("PUT", "volumes"): lambda name, body: keeper.have_volume(name, *bodies.volume(body)),
            ("GET", "volumes"): _shower(directory.volumes),
            ("DELETE", "volumes"): lambda name, _body: directory.drop_volume(name),
            ("PUT", "volumes/size"): lambda name, body: directory.grow_volume(
                name, bodies.size(body)
            ),
            ("PUT", "volumes/content"): lambda name, body: keeper.fill_volume(
                name, *bodies.content(body)
            ),
            ("PUT", "snapshots"): lambda name, body: keeper.have_snapshot(
                name, bodies.snapshot(body)
            ),
            ("GET", "snapshots"): _shower(directory.snapshots),
            ("DELETE", "snapshots"): lambda name, _body: keeper.drop_snapshot(name),
            ("PUT", "uploads"): lambda name, body: keeper.upload(name, *bodies.upload(body)),
            ("GET", "uploads"): _shower(directory.uploads),
        }

    def _pool(self) -> Record:
        total, free = self.directory.pool()
        return {"total": total, "free": free, "version": VERSION}

    def _console(self, method: str, instance: str, query: dict[str, str]) -> Answer:
        if method != "GET":
            raise NotThere("there is no such resource.")
        wanted = query.get("lines")
        if wanted is not None and not re.fullmatch(r"[0-9]{1,9}", wanted):
            raise Unusable("lines is not usable.")
        lines = None if wanted is None else int(wanted)
        return {"output": consoles.tail(self.console_logs, checked(instance), lines)}


POOL = ("total", "free", "version")


def _shower(shelf: Shelf) -> Call:
    return lambda name, _body: shelf.need(name)
