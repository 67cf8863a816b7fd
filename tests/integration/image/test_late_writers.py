"""Writers that come too late, and those that must not wait for each other."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.image.usecases.uploads import UPLOAD
from shared.clock import utcnow
from shared.errors import StaleWrite
from shared.ids import ImageId
from tests.contract.image.rig import Rig


async def test_a_writer_that_read_an_older_version_is_refused(rig: Rig) -> None:
    made = ImageId(UUID((await rig.create())["id"]))
    async with rig.deps.transaction() as stores:
        old = await stores.images.get_for_change(made)
        await stores.images.save(replace(old, name="first"), utcnow())
        with pytest.raises(StaleWrite):
            await stores.images.save(replace(old, name="second"), utcnow())


async def test_only_the_upload_that_is_waited_for_shows_life(rig: Rig) -> None:
    made, upload = ImageId(UUID((await rig.create())["id"])), uuid4()
    await rig.deps.uploads._begin(made, upload, UPLOAD, "req-x")
    async with rig.deps.transaction() as stores:
        assert not await stores.images.touch_upload(made, uuid4())
        assert await stores.images.touch_upload(made, upload)


async def test_who_sweeps_passes_by_what_is_being_changed(rig: Rig) -> None:
    made = [ImageId(UUID((await rig.create())["id"])) for _ in range(2)]
    for each in made:
        await rig.deps.uploads._begin(each, uuid4(), UPLOAD, "req-x")
    async with rig.deps.transaction() as changing, asyncio.timeout(60):
        await changing.images.get_for_change(made[0])
        async with rig.deps.transaction() as sweeping:
            found = await sweeping.images.dead_uploads(timedelta(0), 9)
    assert [each.id for each in found] == [made[1]]
