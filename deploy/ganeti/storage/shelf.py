"""One kind of things in the folder: their data, their records and their locks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.ganeti.storage import records
from deploy.ganeti.storage.names import checked
from deploy.ganeti.storage.records import Record
from deploy.ganeti.storage.refusals import NotThere


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Volumes, snapshots, uploads or Ganeti's disks, by name."""

    root: Path
    kind: str  # the folder's name
    one: str  # what one of them is called in a sentence

    def data(self, name: str) -> Path:
        """Where its content is."""
        return self.root / self.kind / checked(name)

    def part(self, name: str, work: str) -> Path:
        """Where content is put together until it is whole."""
        return self.root / self.kind / f"{checked(name)}.{work}.part"

    def read(self, name: str) -> Record | None:
        """Its record, or None."""
        return records.read(self._record(name))

    def need(self, name: str) -> Record:
        """Its record.

        Raises:
            NotThere: there is none.
        """
        record = self.read(name)
        if record is None:
            raise NotThere(f"there is no such {self.one}.")
        return record

    def write(self, name: str, record: Record) -> None:
        """Replace its record."""
        records.write(self._record(name), record)

    def drop(self, name: str) -> None:
        """Forget it: the record first, so that nothing is taken for whole."""
        self._record(name).unlink(missing_ok=True)
        self.data(name).unlink(missing_ok=True)
        if not self.is_worked_on(name):
            self.sweep(name)

    def sweep(self, name: str) -> None:
        """Remove what workers that died have left of its content; nobody works on it."""
        for part in (self.root / self.kind).glob(f"{checked(name)}.{'[0-9a-f]' * 16}.part"):
            part.unlink(missing_ok=True)

    def names(self) -> list[str]:
        """All that have a record."""
        return sorted(path.stem for path in (self.root / self.kind).glob("*.json"))

    @contextmanager
    def guard(self, name: str) -> Iterator[None]:
        """Be the only one who changes its record."""
        with records.locked(self.root / "locks" / f"{self.kind}-{checked(name)}"):
            yield

    def work_lock(self, name: str) -> Path:
        """The lock that whoever works on its content holds until it is done."""
        return self.root / "locks" / f"work-{self.kind}-{checked(name)}"

    def is_worked_on(self, name: str) -> bool:
        """Whether somebody works on its content, on any node."""
        return records.is_locked(self.work_lock(name))

    def _record(self, name: str) -> Path:
        return self.root / self.kind / f"{checked(name)}.json"
