"""Uploads that go wrong in every way: the image is whole, or queued again without a byte."""

import asyncio
from uuid import UUID

from services.image.domain.image import Status
from services.image.usecases.uploads import UPLOAD
from shared.ids import ImageId
from tests.contract.image.conftest import MakesRigs
from tests.contract.image.rig import Rig
from tests.integration.image.slow_upload import SlowUpload, is_status, until

MIB = 1024 * 1024


async def test_a_client_that_goes_away_leaves_a_queued_image_and_no_bytes(rig: Rig) -> None:
    image = await rig.create()
    upload = await SlowUpload.begin(rig, image["id"], 50 * MIB, b"x" * 5 * MIB)
    await upload.hang_up()
    await until(lambda: is_status(rig, image["id"], "queued"))
    await until(lambda: _no_files(rig))
    assert (await rig.upload(image["id"], b"whole")).status_code == 204


async def test_a_client_that_falls_silent_is_sent_away(rig_with: MakesRigs) -> None:
    async with rig_with(upload_idle=0.3) as rig:
        image = await rig.create()
        upload = await SlowUpload.begin(rig, image["id"], 50 * MIB, b"x" * MIB)
        assert await upload.status() == 408
        assert await is_status(rig, image["id"], "queued")
        assert rig.files() == []


async def test_only_one_upload_at_a_time_fills_an_image(rig: Rig) -> None:
    image = await rig.create()
    first = await SlowUpload.begin(rig, image["id"], 10, b"first")
    second = await rig.upload(image["id"], b"second")
    assert second.status_code == 409
    await first.send(b"-ends")
    assert await first.status() == 204
    assert (await rig.ask("GET", image["file"])).content == b"first-ends"


async def test_of_uploads_that_start_together_one_wins(rig: Rig) -> None:
    image = await rig.create()
    answers = await asyncio.gather(
        *(rig.upload(image["id"], f"{number}".encode() * 1000) for number in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409, 409]
    assert len(rig.files()) == 1


async def test_an_image_deleted_at_the_last_moment_stays_deleted(rig: Rig) -> None:
    image = await rig.create()
    upload = await SlowUpload.begin(rig, image["id"], 4, b"ab")
    assert (await rig.ask("DELETE", image["self"])).status_code == 204
    await upload.send(b"cd")
    assert await upload.status() == 410
    assert (await rig.ask("GET", image["self"])).status_code == 404
    assert rig.files() == []


async def test_an_upload_to_a_deleted_image_ends_before_its_last_byte(
    rig_with: MakesRigs,
) -> None:
    async with rig_with(upload_lease=0.4) as rig:
        image = await rig.create()
        upload = await SlowUpload.begin(rig, image["id"], 50 * MIB, b"ab")
        await rig.ask("DELETE", image["self"])
        assert await upload.status() == 410
        assert rig.files() == []


async def test_a_late_upload_does_not_touch_the_bytes_of_its_successor(rig: Rig) -> None:
    image = await rig.create()
    late = await SlowUpload.begin(rig, image["id"], 8, b"late")
    await _forget_upload(rig, image["id"])
    assert (await rig.upload(image["id"], b"successor")).status_code == 204
    await late.send(b"comer")
    assert await late.status() == 410
    assert (await rig.ask("GET", image["file"])).content == b"successor"
    assert len(rig.files()) == 1


async def test_a_commit_that_only_seemed_to_fail_keeps_its_bytes(rig: Rig) -> None:
    image = await rig.active(b"kept")
    async with rig.deps.transaction() as stores:
        saved = await stores.images.get_for_change(ImageId(UUID(image["id"])))
    assert saved.upload is not None
    await rig.deps.uploads.give_up(saved.id, saved.upload, UPLOAD, "req-x")
    assert (await rig.ask("GET", image["file"])).content == b"kept"


async def test_two_uploads_do_not_share_the_last_of_a_quota(rig_with: MakesRigs) -> None:
    async with rig_with(quotas={"image_size_total": 3}) as rig:
        images = [await rig.create() for _ in range(2)]
        uploads = [
            await SlowUpload.begin(rig, image["id"], 2 * MIB, b"q" * MIB) for image in images
        ]
        for upload in uploads:
            await upload.send(b"q" * MIB)
        assert sorted([await upload.status() for upload in uploads]) == [204, 413]
        assert len(rig.files()) == 1


async def test_a_project_has_no_more_uploads_under_way_than_it_may(rig_with: MakesRigs) -> None:
    async with rig_with(quotas={"image_count_uploading": 1}) as rig:
        image, other = await rig.create(), await rig.create()
        first = await SlowUpload.begin(rig, image["id"], 4, b"ab")
        assert (await rig.upload(other["id"], b"x")).status_code == 413
        await first.send(b"cd")
        assert await first.status() == 204
        assert (await rig.upload(other["id"], b"x")).status_code == 204


async def test_a_stop_of_the_service_leaves_no_half_image(rig_with: MakesRigs) -> None:
    async with rig_with() as rig:
        image = await rig.create()
        upload = await SlowUpload.begin(rig, image["id"], 50 * MIB, b"x" * MIB)
    await upload.hang_up()
    assert rig.files() == []


async def _forget_upload(rig: Rig, image_id: str) -> None:
    """Do as the sweeper does to an upload it thinks dead."""
    async with rig.deps.transaction() as stores:
        image = await stores.images.get_for_change(ImageId(UUID(image_id)))
        assert image.status is Status.SAVING
        await stores.images.save(image.give_up_upload(), image.updated_at)


async def _no_files(rig: Rig) -> bool:
    return rig.files() == []
