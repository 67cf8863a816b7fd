"""Shows figures as JSON and as a table, with the machine's load beside each."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.bench.budget import Budget, Measured

NONE: Final = Budget()


def load_now() -> float:
    """Return the machine's load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def is_busy() -> bool:
    """Whether others compete for the machine: then requests/s tell of them, CPU of ourselves."""
    return load_now() > 2 * (os.cpu_count() or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Measured):
    """One measured scenario. CPU is of our processes and the database, per request or server."""

    scenario: str
    rows: int | None = None
    clients: int | None = None
    requests: int | None = None
    p99_ms: float | None = None
    prototype_cpu_ms: float | None = None  # of the least that can answer, measured in turns with us
    prototype_per_second: float | None = None
    share_by_cpu: float | None = None  # of its requests/s on a machine with nothing else to do
    share_measured: float | None = None  # now; where others compete, the scheduler's work
    budget: Budget = NONE
    note: str = ""
    refused: int = 0
    load: float = field(default_factory=load_now)  # 1-minute average after the run

    @property
    def verdict(self) -> str:
        """Whether the budget is met; empty where there is none."""
        if self.refused:
            return "no: refused"
        if not self.budget.text():
            return ""
        missed = self.budget.missed(self)
        return f"no: {', '.join(missed)}" if missed else "yes"

    @property
    def brief(self) -> str:
        """The figure in a line, for whoever waits for the table."""
        told = {
            "rows": self.rows, "CPU ms": self.cpu_ms, "prototype's": self.prototype_cpu_ms,
            "%": self.share, "req/s": self.per_second, "MiB": self.mib, "x": self.times,
            "met": self.verdict or None,
        }  # fmt: skip
        facts = ", ".join(f"{name} {value}" for name, value in told.items() if value is not None)
        return f"{self.scenario}: {facts}"

    def as_json(self) -> dict[str, Any]:
        """Return the figure as it is kept."""
        return asdict(self) | {"budget": self.budget.text(), "met": self.verdict}


# Heading -> what stands below it; texts to the left, numbers to the right.
COLUMNS: Final[dict[str, Callable[[Figure], object]]] = {
    "scenario": lambda one: one.scenario,
    "rows": lambda one: one.rows,
    "clients": lambda one: one.clients,
    "req/s": lambda one: one.per_second,
    "p50 ms": lambda one: one.p50_ms,
    "p99 ms": lambda one: one.p99_ms,
    "CPU ms": lambda one: one.cpu_ms if one.times is None else f"{one.times} x",
    "prototype's": lambda one: one.prototype_cpu_ms,
    "% by CPU": lambda one: one.share_by_cpu,
    "% req/s": lambda one: one.share_measured,
    "MiB": lambda one: one.mib,
    "budget": lambda one: one.budget.text() or one.note,
    "met": lambda one: one.verdict,
    "load": lambda one: one.load,
}
TEXTS: Final = frozenset({"scenario", "budget", "met"})


def show(figures: Sequence[Figure], where: Path | None) -> None:
    """Print the table and then the JSON; write the JSON to a file as well, if one is named."""
    title = (
        f"{os.cpu_count()} cores; CPU ms per request: services and database together; shares are "
        "of the prototype's requests/s, by CPU where the load is above two a core"
    )
    table = Table(title=title)
    for heading in COLUMNS:
        table.add_column(heading, justify="left" if heading in TEXTS else "right")
    for each in figures:
        cells = [column(each) for column in COLUMNS.values()]
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    console = Console(width=180)
    console.print(table)
    text = json.dumps({"figures": [each.as_json() for each in figures]}, indent=1)
    console.out(text, highlight=False)
    if where:
        where.write_text(text + "\n")
