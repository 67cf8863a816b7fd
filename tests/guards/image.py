"""The image service's guards: one upload fills an image, and nothing comes back."""

from typing import Final

from tests.guards.guard import Guard

IMAGES: Final = "services/image/store/images.py"
MEETING: Final = "tests/integration/image/test_changes_at_once.py"
UPLOADS: Final = "tests/integration/image/test_uploads.py"
SWEEPING: Final = "tests/integration/image/test_sweeping.py"
ORDER: Final = "tests/integration/image/test_late_writers.py"

GUARDS: Final = (
    Guard(
        name="an image is held while it is changed",
        where=IMAGES,
        otherwise="two uploads fill it, and changes at once are refused",
        old="                .with_for_update()\n            )\n        ).one_or_none()",
        new="            )\n        ).one_or_none()",
        held_by=(
            f"{MEETING}::test_changes_at_once_all_happen",
            f"{UPLOADS}::test_of_uploads_that_start_together_one_wins",
        ),
    ),
    Guard(
        name="a write names the version it is over",
        where=IMAGES,
        otherwise="a change that was made meanwhile is lost",
        old=".where(images.c.id == image.id, images.c.version == image.version)",
        new=".where(images.c.id == image.id)",
        held_by=(f"{ORDER}::test_a_writer_that_read_an_older_version_is_refused",),
    ),
    Guard(
        name="one transaction at a time counts what a project has",
        where=IMAGES,
        otherwise="images made at once exceed the limit",
        old='        await connection.begin(lock_key(f"image:{project}"))\n',
        new="",
        held_by=(f"{MEETING}::test_creations_at_once_do_not_share_the_last_of_a_quota",),
    ),
    Guard(
        name="only the upload that an image waits for shows life",
        where=IMAGES,
        otherwise="an upload that was given up keeps on, beside its successor",
        old="                images.c.upload == upload,\n",
        new="",
        held_by=(f"{ORDER}::test_only_the_upload_that_is_waited_for_shows_life",),
    ),
    Guard(
        name="and only while it is waited for",
        where=IMAGES,
        otherwise="an upload to a deleted image goes on to its last byte",
        old="                images.c.status.in_(ARRIVING),\n",
        new="",
        held_by=(f"{UPLOADS}::test_an_upload_to_a_deleted_image_ends_before_its_last_byte",),
    ),
    Guard(
        name="an upload that shows life is not swept away",
        where=IMAGES,
        otherwise="a slow upload is given up",
        old="            .where(images.c.upload_seen_at < sa.func.now() - silent)\n",
        new="",
        held_by=(f"{SWEEPING}::test_an_upload_that_shows_life_is_left_alone",),
    ),
    Guard(
        name="sweepers pass by what another one sweeps",
        where=IMAGES,
        otherwise="replicas that sweep wait for each other and for uploads",
        old="            .with_for_update(skip_locked=True)\n",
        new="            .with_for_update()\n",
        held_by=(f"{ORDER}::test_who_sweeps_passes_by_what_is_being_changed",),
    ),
)
