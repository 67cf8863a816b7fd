"""Requests that meet: nothing is lost, and nothing is counted twice."""

import asyncio
from uuid import UUID

from services.image.domain.member import Member, MemberStatus
from shared.clock import utcnow
from shared.ids import ImageId
from tests.contract.image.conftest import MakesRigs
from tests.contract.image.rig import Rig
from tests.parts.locks import wait_for_a_lock


async def test_changes_at_once_all_happen(rig: Rig) -> None:
    image = await rig.create()
    answers = await asyncio.gather(
        *(
            rig.patch(image["id"], {"op": "add", "path": f"/p{number}", "value": "v"})
            for number in range(8)
        )
    )
    assert [answer.status_code for answer in answers] == [200] * 8
    shown = await rig.show(image["id"])
    assert {name for name in shown if name.startswith("p") and name != "protected"} == {
        f"p{number}" for number in range(8)
    }
    assert [event["data"]["version"] for event in await rig.events()] == list(range(1, 10))


async def test_creations_at_once_do_not_share_the_last_of_a_quota(rig_with: MakesRigs) -> None:
    async with rig_with(quotas={"image_count_total": 1}) as rig:
        answers = await asyncio.gather(*(rig.ask("POST", "/v2/images", json={}) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [201, *[413] * 7]


async def test_sharings_at_once_do_not_share_the_last_of_a_limit(rig_with: MakesRigs) -> None:
    async with rig_with(max_members=1) as rig:
        image = await rig.create()
        image_id, now = ImageId(UUID(image["id"])), utcnow()
        first = Member(
            image_id=image_id,
            member_id="first",
            status=MemberStatus.PENDING,
            created_at=now,
            updated_at=now,
        )
        async with rig.deps.transaction() as stores:
            await stores.images.get_for_change(image_id)
            await stores.members.add(first)
            sharing = asyncio.create_task(
                rig.ask("POST", f"{image['self']}/members", json={"member": "second"})
            )
            await wait_for_a_lock(rig.parts.reads.value, sharing)
        assert (await sharing).status_code == 413


async def test_a_repeated_creation_is_the_same_creation(rig: Rig) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"name": "once"}
    first = await rig.ask("POST", "/v2/images", json=body, headers=headers)
    again = await rig.ask("POST", "/v2/images", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert await rig.listed() == ["once"]
    other = await rig.ask("POST", "/v2/images", json={"name": "x"}, headers=headers)
    assert other.status_code == 422
