"""The storm's figures, and whether each is good enough."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure; it falls short when it is above `most`."""

    name: str
    value: float
    unit: str = ""
    most: float | None = None

    @property
    def is_good(self) -> bool:
        """Whether it does not fall short."""
        return self.most is None or self.value <= self.most


def show(figures: Sequence[Figure], examples: Sequence[str], to: Path | None) -> bool:
    """Print all figures; return whether none falls short.

    Args:
        figures: what was measured.
        examples: of what went wrong, in words.
        to: a file that gets them as JSON.
    """
    table = Table("figure", "value", "at most", "")
    for each in figures:
        most = "" if each.most is None else f"{each.most:g} {each.unit}"
        table.add_row(
            each.name, f"{each.value:g} {each.unit}", most, "" if each.is_good else "FALLS SHORT"
        )
    console = Console()
    console.print(table)
    for example in examples:
        console.print(example)
    if to is not None:
        to.write_text(json.dumps([asdict(each) for each in figures], indent=1) + "\n")
    return all(each.is_good for each in figures)
