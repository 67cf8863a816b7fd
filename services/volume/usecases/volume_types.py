"""What the volume service does with types. Each function is one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import NAMESPACE_URL, UUID, uuid5

from services.volume.domain.quotas import of_type
from services.volume.domain.volume_type import FIRST, DefaultType, VolumeType, not_found
from services.volume.store.stores import Transaction
from shared.errors import Conflict, NotFound
from shared.ids import new_uuid


class NoSuchAccess(NotFound):
    """The project has no such right to lose."""

    code = "volume.type.no_such_access"


class AccessExists(Conflict):
    """The project may use the type already."""

    code = "volume.type.access_exists"


async def have_the_first(transaction: Transaction) -> None:
    """Have the types every installation begins with, if there never was one."""
    first = [
        VolumeType(
            id=uuid5(NAMESPACE_URL, f"cyclades:volume-type:{name}"),
            name=name,
            **given,
        )
        for name, given in FIRST.items()
    ]
    async with transaction() as stores:
        await stores.types.begin_with(first)


async def create(
    transaction: Transaction,
    name: str,
    description: str | None,
    *,
    is_public: bool,
    extra_specs: Mapping[str, str],
) -> VolumeType:
    """Have a type.

    Raises:
        TypeExists: the name is taken.
    """
    kind = VolumeType(
        id=new_uuid(),
        name=name,
        description=description,
        is_public=is_public,
        extra_specs=extra_specs,
    )
    async with transaction() as stores:
        await stores.types.add(kind)
    return kind


async def change(
    transaction: Transaction, type_id: UUID, how: Callable[[VolumeType], VolumeType]
) -> VolumeType:
    """Change a type.

    Raises:
        TypeNotFound: there is none.
        TypeExists: the new name is taken.
    """
    async with transaction() as stores:
        old = await stores.types.get(type_id)
        kind = how(old)
        await stores.types.save(kind)
        if kind.name != old.name:
            new_names = zip(of_type(old.name), of_type(kind.name), strict=True)
            await stores.quotas.rename(dict(new_names))
        return kind


def without_spec(key: str) -> Callable[[VolumeType], VolumeType]:
    """Return the change that drops an extra spec.

    Raises:
        NotFound: the type has no such spec.
    """

    def how(kind: VolumeType) -> VolumeType:
        if key not in kind.extra_specs:
            raise NotFound(f"Volume Type {kind.id} has no extra specs with key {key}.")
        return replace(kind, extra_specs={k: v for k, v in kind.extra_specs.items() if k != key})

    return how


async def delete(transaction: Transaction, type_id: UUID, default_type: str) -> None:
    """Have no such type, nor limits of it.

    Raises:
        TypeNotFound: there is none.
        TypeInUse: there are volumes of it.
        DefaultType: volumes get it when they name none.
    """
    async with transaction() as stores:
        kind = await stores.types.get(type_id)
        if default_type in (kind.name, str(kind.id)):
            raise DefaultType(
                f"The volume type {kind.id} is the default volume type and cannot be deleted."
            )
        await stores.types.remove(kind)
        await stores.quotas.drop(of_type(kind.name))


async def set_default(transaction: Transaction, project_id: str, name_or_id: str) -> VolumeType:
    """Have a project's volumes be of a type when they name none.

    Raises:
        TypeNotFound: there is none.
    """
    async with transaction() as stores:
        kind = await stores.types.find(name_or_id)
        if kind is None:
            raise not_found(name_or_id)
        await stores.types.default_of(project_id, kind.id)
        return kind


async def unset_default(transaction: Transaction, project_id: str) -> None:
    """Have a project's volumes be of the usual type when they name none."""
    async with transaction() as stores:
        await stores.types.default_of(project_id, None)


async def give_access(transaction: Transaction, type_id: UUID, project_id: str) -> None:
    """Let a project use a type that is not public.

    Raises:
        TypeNotFound: there is none.
        PublicType: everybody may.
        AccessExists: it may already.
    """
    async with transaction() as stores:
        (await stores.types.get(type_id)).shared_access()
        if not await stores.types.give_access(type_id, project_id):
            raise AccessExists(
                f"Volume type access for {type_id} / {project_id} combination already exists."
            )


async def take_access(transaction: Transaction, type_id: UUID, project_id: str) -> None:
    """Let a project no longer use a type.

    Raises:
        TypeNotFound: there is none.
        PublicType: everybody may.
        NoSuchAccess: it could not anyway.
    """
    async with transaction() as stores:
        (await stores.types.get(type_id)).shared_access()
        if not await stores.types.take_access(type_id, project_id):
            raise NoSuchAccess(
                f"Volume type access not found for {type_id} / {project_id} combination."
            )
