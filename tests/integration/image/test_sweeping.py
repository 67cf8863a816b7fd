"""What dead processes leave behind is cleaned up, and nothing else is."""

import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from services.image.store.blobs import SHARDS
from services.image.usecases.sweeping import Sweeper
from services.image.usecases.uploads import UPLOAD
from shared.ids import ImageId
from tests.contract.image.rig import Rig
from tests.integration.image.slow_upload import SlowUpload, is_status


def hurried(rig: Rig) -> Sweeper:
    """Return a sweeper that waits for nobody."""
    return replace(rig.sweeper, lease=timedelta(0), keep_deleted=timedelta(0))


async def sweep_files(sweeper: Sweeper) -> None:
    for shard in range(SHARDS):
        await sweeper.remove_orphans(shard)


async def begin_and_die(rig: Rig, image_id: str) -> Path:
    """Do what an upload does before its process is killed; return the file it leaves."""
    upload = uuid4()
    await rig.deps.uploads._begin(ImageId(UUID(image_id)), upload, UPLOAD, "req-x")
    part = rig.deps.blobs.open_part(ImageId(UUID(image_id)), upload)
    part.write([b"half"])
    part.close()
    return next(rig.data_dir.rglob(f"*{upload}.part"))


async def test_an_upload_whose_process_was_killed_is_given_up(rig: Rig) -> None:
    image = await rig.create()
    file = await begin_and_die(rig, image["id"])
    await rig.sweeper.give_up_dead_uploads()
    assert await is_status(rig, image["id"], "saving")  # it may just be slow
    await sweep_files(hurried(rig))
    assert file.exists()

    await hurried(rig).give_up_dead_uploads()
    assert await is_status(rig, image["id"], "queued")
    assert (await rig.events())[-1]["data"]["document"]["status"] == "queued"
    await sweep_files(hurried(rig))
    assert rig.files() == []
    assert (await rig.upload(image["id"], b"whole")).status_code == 204


async def test_an_upload_that_shows_life_is_left_alone(rig: Rig) -> None:
    image = await rig.create()
    await begin_and_die(rig, image["id"])
    async with rig.deps.transaction() as stores:
        before = await stores.images.get_for_change(ImageId(UUID(image["id"])))
        assert before.upload is not None
        assert await stores.images.touch_upload(before.id, before.upload)
    await replace(rig.sweeper, lease=timedelta(seconds=30)).give_up_dead_uploads()
    assert await is_status(rig, image["id"], "saving")


async def test_files_nobody_names_go_and_others_stay(rig: Rig) -> None:
    kept = await rig.active(b"kept")
    deleted = await rig.active(b"deleted")
    file = next(path for path in rig.data_dir.rglob(f"{deleted['id']}_*"))
    await rig.ask("DELETE", deleted["self"])
    file.write_bytes(b"deleted")  # as if the process had died right after the commit
    for name in (f"{uuid4()}_{uuid4()}", f"{kept['id']}_{uuid4()}.part"):
        (file.parent / name).write_bytes(b"x")
    (file.parent / "README").write_bytes(b"not ours")
    running = await rig.create()
    upload = await SlowUpload.begin(rig, running["id"], 4, b"ab")

    await sweep_files(hurried(rig))
    names = rig.files()
    assert {name.partition("_")[0] for name in names} == {kept["id"], "README", running["id"]}
    assert len(names) == 3
    await upload.send(b"cd")
    assert await upload.status() == 204
    assert (await rig.ask("GET", kept["file"])).content == b"kept"


async def test_a_file_that_may_be_somebodys_is_left_until_it_is_old(rig: Rig) -> None:
    image = await rig.active()
    file = next(path for path in rig.data_dir.rglob(f"{image['id']}_*"))
    young, old = (file.parent / f"{uuid4()}_{uuid4()}" for _ in range(2))
    for path in (young, old):
        path.write_bytes(b"x")
    hour_ago = time.time() - 3600
    os.utime(old, (hour_ago, hour_ago))
    await sweep_files(rig.sweeper)
    assert (young.exists(), old.exists()) == (True, False)


async def test_ids_of_deleted_images_are_free_again_in_the_end(rig: Rig) -> None:
    image = await rig.create()
    await rig.ask("DELETE", image["self"])
    for keep, status in ((timedelta(days=30), 409), (timedelta(0), 201)):
        async with rig.deps.transaction() as stores:
            await stores.images.forget_deleted(keep, 100)
        again = await rig.ask("POST", "/v2/images", json={"id": image["id"]})
        assert again.status_code == status
