"""What administrators decide about what stores volumes."""

from services.volume.store.stores import Transaction


async def write_down(
    transaction: Transaction, host: str, binary: str, *, disabled: bool, reason: str | None
) -> None:
    """Have new volumes on a cluster, or none."""
    async with transaction() as stores:
        await stores.projections.set_state(host, binary, disabled=disabled, reason=reason)
