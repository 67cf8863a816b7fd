"""Long work, done by a few threads, of which every node sees the state.

A thing whose content is being made has status ``working`` and a lock that the worker holds from
the moment the work is accepted: so a thing that is ``working`` while nobody holds its lock lost
its worker, and the next request for it starts the work again.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.ganeti.storage import records
from deploy.ganeti.storage.directory import settled
from deploy.ganeti.storage.records import Record
from deploy.ganeti.storage.refusals import Busy, Refused
from deploy.ganeti.storage.shelf import Shelf
from deploy.ganeti.storage.sparse import Tell

LOG = logging.getLogger(__name__)
TOLD_EVERY = 1.0  # seconds between two looks at the record while working
SOON = 0.3  # seconds an answer waits for work that may end at once
Make = Callable[[Path, Tell], None]
Begin = Callable[[Record | None], Record | None]


class Dropped(Exception):
    """Nobody wants the result any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One thing to do: who it is for, and how."""

    shelf: Shelf
    name: str
    id: str  # the record names it as long as it is wanted
    lock: int
    total: int  # bytes, for the progress
    make: Make
    over: threading.Event


class Workers:
    """A few threads and a queue of what waits for them."""

    def __init__(self, *, threads: int = 2, waiting: int = 32) -> None:
        self._queue: queue.Queue[Work | None] = queue.Queue(maxsize=waiting)
        self._threads = [
            threading.Thread(target=self._run, name=f"worker {number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def accept(self, shelf: Shelf, name: str, total: int, begin: Begin, make: Make) -> Record:
        """Note that the thing is being worked on, and have it done; its guard is not held.

        Args:
            shelf: where the thing is.
            name: its name.
            total: bytes to do.
            begin: what to note, seeing what is known now; None leaves everything as it is.
            make: puts the content into the path it is given, or leaves none.

        Raises:
            Busy: too much waits already, or earlier work on it has not ended yet.
        """
        lock = records.try_lock(shelf.work_lock(name))
        if lock is None:
            return being_done(shelf, name)
        work = Work(
            shelf=shelf,
            name=name,
            id=os.urandom(8).hex(),
            lock=lock,
            total=max(total, 1),
            make=make,
            over=threading.Event(),
        )
        taken = False
        try:
            with shelf.guard(name):
                if (facts := begin(shelf.read(name))) is None:
                    return shelf.need(name)
                self._queue.put_nowait(work)
                taken = True
                begun = {"status": "working", "progress": 0, "message": "", "work": work.id}
                shelf.write(name, facts | begun)
        except queue.Full:
            raise Busy("too much work waits already.") from None
        finally:
            if not taken:
                records.release(shelf.work_lock(name), lock)
        work.over.wait(SOON)
        return shelf.need(name)

    def end(self) -> None:
        """Finish what waits, and end."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            try:
                do(work)
            except Exception:
                LOG.exception("%s %s could not be worked on", work.shelf.one, work.name)
                _note(work, {"status": "failed", "message": "the agent failed: see its log."})
            finally:
                records.release(work.shelf.work_lock(work.name), work.lock)
                work.over.set()


def being_done(shelf: Shelf, name: str) -> Record:
    """What is known of a thing that another request has work done on.

    Raises:
        Busy: the work is for a former thing of this name.
    """
    record = shelf.read(name)
    if record is None:
        raise Busy("earlier work on it has not ended yet.")
    return record


def do(work: Work) -> None:
    """Make the content, and say in the record how it ended."""
    work.shelf.sweep(work.name)
    part = work.shelf.part(work.name, work.id)
    try:
        work.make(part, Progress(work).at)
        _finish(work, part)
    except Dropped:
        LOG.info("%s %s is not wanted any more", work.shelf.one, work.name)
    except Refused as why:
        _note(work, {"status": "failed", "message": str(why)})
    except OSError as trouble:
        # The text of an exception may quote more than one wants to show: a URL, say.
        said = trouble.strerror or type(trouble).__name__
        _note(work, {"status": "failed", "message": f"the node says: {said}."})
    finally:
        part.unlink(missing_ok=True)


def _finish(work: Work, part: Path) -> None:
    with work.shelf.guard(work.name):
        record = _wanted(work)
        if part.exists():
            settled(part.parent, part, work.shelf.data(work.name))
        work.shelf.write(work.name, record | {"status": "ready", "progress": 100})


def _note(work: Work, facts: Record) -> None:
    try:
        with work.shelf.guard(work.name):
            work.shelf.write(work.name, _wanted(work) | facts)
    except Dropped:
        LOG.info("%s %s is not wanted any more", work.shelf.one, work.name)


def _wanted(work: Work) -> Record:
    record = work.shelf.read(work.name)
    if record is None or record.get("work") != work.id:
        raise Dropped
    return record


class Progress:
    """Says now and then how far a work is, and ends it when nobody wants it any more."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._next = time.monotonic() + TOLD_EVERY

    def at(self, done: int) -> None:
        """So many bytes are done."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + TOLD_EVERY
        with self._work.shelf.guard(self._work.name):
            percent = min(99, done * 100 // self._work.total)
            facts = {"progress": percent, "sent": done}
            self._work.shelf.write(self._work.name, _wanted(self._work) | facts)
