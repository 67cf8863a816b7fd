"""Shows figures as JSON and as a table, with the machine's load beside each."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured scenario."""

    scenario: str
    rows: int | None = None
    clients: int | None = None
    requests: int | None = None
    per_second: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_ms: float | None = None  # of all our processes and the database, per request or server
    mib: int | None = None  # memory held
    budget: str = ""  # the figure to reach, where there is one
    refused: int = 0
    load: float = 0.0  # 1-minute load average after the run


def load_now() -> float:
    """Return the machine's load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def show(figures: Sequence[Figure], where: Path | None) -> None:
    """Print the table and then the JSON; write the JSON to a file as well, if one is named."""
    table = Table(title=f"{os.cpu_count()} cores; CPU ms: services and database together")
    for name in ("scenario", "rows", "clients", "req/s", "p50 ms", "p99 ms", "CPU ms", "MiB",
                 "budget", "refused", "load"):  # fmt: skip
        table.add_column(name, justify="left" if name in ("scenario", "budget") else "right")
    for each in figures:
        cells = (each.scenario, each.rows, each.clients, each.per_second, each.p50_ms, each.p99_ms,
                 each.cpu_ms, each.mib, each.budget, each.refused, each.load)  # fmt: skip
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    console = Console(width=140)
    console.print(table)
    text = json.dumps({"figures": [asdict(each) for each in figures]}, indent=1)
    console.out(text, highlight=False)
    if where:
        where.write_text(text + "\n")
