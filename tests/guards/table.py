"""Writes ``docs/guards.md``: which guard stands where against which race, and what holds it.

``python -m tests.guards.table`` after a guard or a test was added.
"""

from pathlib import Path
from typing import Final

from tests.guards import compute, gateway, image, network, shared, volume, watcher
from tests.guards.guard import Guard

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "guards.md"
GUARDS: Final[dict[str, tuple[Guard, ...]]] = {
    "Shared: the bus, sagas, jobs, repeated requests": shared.GUARDS,
    "Gateway": gateway.GUARDS,
    "Watcher": watcher.GUARDS,
    "Compute": compute.GUARDS,
    "Network": network.GUARDS,
    "Volume": volume.GUARDS,
    "Image": image.GUARDS,
}
HEAD: Final = """# Guards against races

What keeps two processes, or two moments, from spoiling each other's work. Each guard is held by a
test that fails when it is taken out: `python -m tests.guards` takes out one after the other, in a
copy of the project, and runs the tests named here (`python -m tests.guards volume` those of one
part). This page is written by `python -m tests.guards.table` from `tests/guards/`.
"""
COLUMNS: Final = "| guard | where | without it | held by |\n|---|---|---|---|\n"


def page() -> str:
    """Return the page as it should be."""
    parts = [f"\n## {part}\n\n{COLUMNS}{_rows(guards)}" for part, guards in GUARDS.items()]
    return HEAD + "".join(parts)


def _rows(guards: tuple[Guard, ...]) -> str:
    return "".join(
        f"| {each.name} | `{each.where}` | {each.otherwise} "
        f"| {'<br>'.join(f'`{name}`' for name in each.held_by)} |\n"
        for each in guards
    )


if __name__ == "__main__":
    PAGE.write_text(page())
