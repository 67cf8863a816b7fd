"""Locks as the query API lists them."""

from typing import Any

from deploy.simulator.jobs.locks import LockTable
from deploy.simulator.model import Json
from deploy.simulator.query.cells import normal


def lock_rows(table: LockTable) -> list[Json]:
    """Every lock somebody holds or waits for, and the lock sets of their levels."""
    names = set(table.held) | {n for claim in table.waiting.values() for n in claim.wanted}
    names |= {f"{name.partition('/')[0]}/[lockset]" for name in names}
    return [_row(table, name) for name in sorted(names)]


def _row(table: LockTable, name: str) -> Json:
    mode, owners = table.held.get(name, (None, set[int]()))
    pending: list[Any] = [
        [claim.wanted[name], [str(claim.job_id)]]
        for claim in table.waiting.values()
        if name in claim.wanted
    ]
    return {
        "name": normal(name),
        "mode": normal(mode),
        "owner": normal([str(owner) for owner in sorted(owners)]),
        "pending": normal(pending),
    }
