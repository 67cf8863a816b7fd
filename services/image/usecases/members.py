"""Shares images with projects. The owner says with whom; each of them says whether it accepts."""

from collections.abc import Sequence
from dataclasses import replace

from services.image.domain.image import Visibility
from services.image.domain.member import (
    Member,
    MemberNotFound,
    MemberStatus,
    NotMembersBusiness,
    NotShared,
)
from services.image.domain.query import Viewer
from services.image.domain.quota import Limits, check_parts
from services.image.store.showing import Shown
from services.image.store.stores import Transaction
from shared.clock import utcnow


async def list_members(transaction: Transaction, image: Shown, viewer: Viewer) -> Sequence[Member]:
    """Return the members: all of them to the owner, itself to a member.

    Raises:
        NotShared: such an image has none.
    """
    _check_shared(image)
    async with transaction() as stores:
        members = await stores.members.list(image.id)
    if _owns(image, viewer):
        return members
    return [member for member in members if member.member_id == viewer.project]


async def show_member(
    transaction: Transaction, image: Shown, member_id: str, viewer: Viewer
) -> Member:
    """Return one member, to the owner or to itself.

    Raises:
        MemberNotFound: there is none, or none for the viewer.
    """
    async with transaction() as stores:
        member = await stores.members.find(image.id, member_id)
    if member is None or not (_owns(image, viewer) or viewer.project == member_id):
        raise _missing(image, member_id)
    return member


async def add_member(
    transaction: Transaction, image: Shown, member_id: str, viewer: Viewer, limits: Limits
) -> Member:
    """Share the image with a project.

    Raises:
        NotShared: its visibility is another.
        NotMembersBusiness: it is not the viewer's.
        MemberExists: it is shared with the project already.
        PartLimitExceeded: it has as many members as it may.
    """
    _check_shared(image)
    if not _owns(image, viewer):
        raise NotMembersBusiness(f"Not allowed to create members for image {image.id}.")
    now = utcnow()
    member = Member(
        image_id=image.id,
        member_id=member_id,
        status=MemberStatus.PENDING,
        created_at=now,
        updated_at=now,
    )
    async with transaction() as stores:
        await stores.images.get_for_change(image.id)  # one at a time is counted
        check_parts(
            "image members for this image", await stores.members.count(image.id) + 1, limits.members
        )
        await stores.members.add(member)
    return member


async def answer_sharing(
    transaction: Transaction, image: Shown, member_id: str, status: MemberStatus, viewer: Viewer
) -> Member:
    """Say, as the member, whether the image may be in its list.

    Raises:
        NotShared: the image's visibility is another.
        MemberNotFound: the project is no member, or the viewer may not know.
        NotMembersBusiness: the viewer is not the member.
    """
    _check_shared(image)
    async with transaction() as stores:
        member = await stores.members.find(image.id, member_id)
        if member is None or not (_owns(image, viewer) or viewer.project == member_id):
            raise _missing(image, member_id)
        if viewer.project != member_id and not viewer.sees_all:
            raise NotMembersBusiness(f"Not allowed to update members for image {image.id}.")
        member = replace(member, status=status, updated_at=utcnow())
        await stores.members.save(member)
    return member


async def remove_member(
    transaction: Transaction, image: Shown, member_id: str, viewer: Viewer
) -> None:
    """Share the image with the project no longer.

    Raises:
        NotShared: the image's visibility is another.
        NotMembersBusiness: the image is not the viewer's.
        MemberNotFound: the project is no member.
    """
    _check_shared(image)
    if not _owns(image, viewer):
        raise NotMembersBusiness(f"Not allowed to delete members for image {image.id}.")
    async with transaction() as stores:
        await stores.members.delete(image.id, member_id)


def _owns(image: Shown, viewer: Viewer) -> bool:
    return viewer.sees_all or viewer.project == image.owner


def _check_shared(image: Shown) -> None:
    if image.visibility != Visibility.SHARED:
        raise NotShared("Only shared images have members.")


def _missing(image: Shown, member_id: str) -> MemberNotFound:
    return MemberNotFound(f"{member_id} not found in the member list of the image {image.id}.")
