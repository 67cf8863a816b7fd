"""What the volume service does with QoS specs. Each function is one transaction."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from uuid import UUID

from services.volume.domain.qos import Consumer, QosSpecs
from services.volume.store.stores import Transaction
from shared.errors import BadInput, NotFound
from shared.ids import new_uuid


async def create(
    transaction: Transaction, name: str, consumer: Consumer, specs: Mapping[str, str]
) -> QosSpecs:
    """Have specs.

    Raises:
        QosExists: the name is taken.
    """
    made = QosSpecs(id=new_uuid(), name=name, consumer=consumer, specs=specs)
    async with transaction() as stores:
        await stores.qos.add(made)
    return made


async def change(
    transaction: Transaction, qos_id: UUID, how: Callable[[QosSpecs], QosSpecs]
) -> QosSpecs:
    """Change specs.

    Raises:
        QosNotFound: there are none.
    """
    async with transaction() as stores:
        changed = how(await stores.qos.get(qos_id))
        await stores.qos.save(changed)
        return changed


def without(keys: Collection[str]) -> Callable[[QosSpecs], QosSpecs]:
    """Return the change that drops keys.

    Raises:
        NotFound: one is not there.
    """

    def how(old: QosSpecs) -> QosSpecs:
        for key in keys:
            if key not in old.specs:
                raise NotFound(f"Qos Specs {old.id} has no spec with key {key}.")
        return replace(old, specs={k: v for k, v in old.specs.items() if k not in keys})

    return how


async def delete(transaction: Transaction, qos_id: UUID, *, force: bool) -> None:
    """Have no such specs.

    Raises:
        QosNotFound: there are none.
        QosInUse: types have them, and it is not forced.
    """
    async with transaction() as stores:
        await stores.qos.remove(await stores.qos.get(qos_id), force=force)


async def associate(transaction: Transaction, qos_id: UUID, type_id: UUID) -> None:
    """Have a type promise these specs.

    Raises:
        QosNotFound, TypeNotFound: there is no such thing.
        BadInput: the type promises others.
    """
    async with transaction() as stores:
        specs, kind = await stores.qos.get(qos_id), await stores.types.get(type_id)
        if kind.qos_specs_id not in (None, specs.id):
            raise BadInput(
                f"Invalid qos specs: Type {type_id} is already associated with another qos specs: "
                f"{kind.qos_specs_id}"
            )
        await stores.types.save(replace(kind, qos_specs_id=specs.id))


async def disassociate(transaction: Transaction, qos_id: UUID, type_id: UUID | None) -> None:
    """Have a type promise these specs no more; None: no type at all.

    Raises:
        QosNotFound, TypeNotFound: there is no such thing.
    """
    async with transaction() as stores:
        await stores.qos.get(qos_id)
        if type_id is None:
            await stores.qos.let_go(qos_id)
            return
        kind = await stores.types.get(type_id)
        if kind.qos_specs_id == qos_id:
            await stores.types.save(replace(kind, qos_specs_id=None))
