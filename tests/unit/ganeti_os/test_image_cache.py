"""The node's image cache: one download for many, an upper bound, and nothing taken away in use."""

import fcntl
import os
import threading
from pathlib import Path

import pytest

from deploy.ganeti.os.cyclades.with_image import Cache, NotHeld

ONE, TWO, THREE = ("1" * 128, "2" * 128, "3" * 128)
SIZE = 64 * 1024


class Source:
    """Counts the downloads."""

    def __init__(self) -> None:
        self.filled: list[str] = []

    def __call__(self, part: Path, _lock: int) -> None:
        self.filled.append(part.name.removesuffix(".part"))
        part.write_bytes(b"i" * SIZE)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(folder=tmp_path / "images", limit=2 * SIZE)


def use(cache: Cache, name: str, source: Source, *, seconds_ago: int = 0) -> None:
    with cache.holding(name, SIZE, source) as (image, _):
        assert image.read_bytes() == b"i" * SIZE
    if seconds_ago and image.exists():
        moment = image.stat().st_mtime - seconds_ago
        os.utime(image, (moment, moment))


def images(cache: Cache) -> set[str]:
    return {file.name for file in cache.folder.iterdir() if not file.name.endswith(".lock")}


def test_the_second_use_downloads_nothing(cache: Cache, source: Source) -> None:
    use(cache, ONE, source)
    use(cache, ONE, source)
    assert source.filled == [ONE]


def test_many_at_once_download_once(cache: Cache, source: Source) -> None:
    together = threading.Barrier(4)

    def one_of_many() -> None:
        together.wait()
        use(cache, ONE, source)

    threads = [threading.Thread(target=one_of_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert source.filled == [ONE]


def test_all_who_have_the_image_may_read_it_at_the_same_time(cache: Cache, source: Source) -> None:
    with cache.holding(ONE, SIZE, source), cache.holding(ONE, SIZE, source) as (image, _):
        assert image.exists()


def test_a_failed_download_leaves_no_image_and_the_next_one_tries_again(
    cache: Cache, source: Source
) -> None:
    def failing(_part: Path, _lock: int) -> None:
        raise NotHeld("no luck")

    with pytest.raises(NotHeld, match="no luck"), cache.holding(ONE, SIZE, failing):
        pytest.fail("there is no image to hold")
    use(cache, ONE, source)
    assert source.filled == [ONE]


def test_the_image_used_longest_ago_makes_room(cache: Cache, source: Source) -> None:
    use(cache, ONE, source, seconds_ago=10)
    use(cache, TWO, source, seconds_ago=20)
    use(cache, THREE, source)
    assert images(cache) == {ONE, THREE}


def test_an_image_in_use_is_not_thrown_out(cache: Cache, source: Source) -> None:
    use(cache, ONE, source, seconds_ago=20)
    with cache.holding(ONE, SIZE, source) as (image, _):
        use(cache, TWO, source, seconds_ago=10)
        moment = image.stat().st_mtime - 30
        os.utime(image, (moment, moment))
        use(cache, THREE, source)
        assert image.exists()


def test_an_image_larger_than_the_cache_is_used_and_not_kept(
    tmp_path: Path, source: Source
) -> None:
    cache = Cache(folder=tmp_path / "images", limit=SIZE // 2)
    use(cache, ONE, source)
    assert images(cache) == set()


def test_half_downloads_count_and_go_like_images(cache: Cache, source: Source) -> None:
    use(cache, ONE, source)
    left = cache.folder / f"{TWO}.part"
    left.write_bytes(b"p" * SIZE)
    os.utime(left, (1, 1))
    use(cache, THREE, source)
    assert images(cache) == {ONE, THREE}


def test_a_lock_on_a_file_that_was_thrown_out_is_not_believed(cache: Cache) -> None:
    cache.folder.mkdir()
    path = cache.folder / f"{ONE}.lock"
    old = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(old, fcntl.LOCK_EX)
    waiting, got = threading.Event(), []

    def next_one() -> None:
        waiting.set()
        with cache._locked(ONE, fcntl.LOCK_EX) as lock:
            got.append(os.path.samestat(os.fstat(lock), path.stat()))

    thread = threading.Thread(target=next_one)
    thread.start()
    waiting.wait()
    blocked_on(path)
    path.unlink()
    os.close(old)
    thread.join()
    assert got == [True]


def blocked_on(path: Path) -> None:
    """Return once somebody waits for the lock of this file."""
    inode = f":{path.stat().st_ino} "
    for _ in range(100_000):
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
        if any("->" in line and inode in line for line in lines):
            return
    pytest.fail("nobody waits for the lock")


def test_checksum_and_size_have_to_belong_together(cache: Cache, source: Source) -> None:
    use(cache, ONE, source)
    with pytest.raises(NotHeld, match="image_size"), cache.holding(ONE, SIZE + 1, source):
        pytest.fail("the size is wrong")


def test_a_full_file_system_is_said_before_the_download(cache: Cache, source: Source) -> None:
    with pytest.raises(NotHeld, match="has no room for"), cache.holding(ONE, 1 << 60, source):
        pytest.fail("this cannot fit")
    assert source.filled == []
