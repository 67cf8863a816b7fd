"""Fetches one image from its signed URL into a file, going on where an earlier try ended.

Run as ``download.py FILE`` with OSP_IMAGE_URL, OSP_IMAGE_SIZE and OSP_IMAGE_CHECKSUM in the
environment; exits 0 only when FILE is exactly the promised image. The URL is a secret: messages
of exceptions are not repeated, because some of them quote it. Plain http.client on purpose: no
redirects, no proxies, no other schemes.
"""

import hashlib
import http.client
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

BLOCK = 1 << 20
TRIES = 6  # in a row, without a single byte gained
SILENCE = 60.0  # seconds the other side may say nothing
WORTH_ANOTHER_TRY = {408, 416, 425, 429, 500, 502, 503, 504}
NETWORK_TROUBLE = (OSError, http.client.HTTPException, ValueError)


class NotDownloaded(Exception):
    """The image is not there, and trying again would not help; the text says why."""


class Interrupted(Exception):
    """This try ended early; another may go on from where it stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the caller says the URL leads to."""

    url: str
    size: int
    sha512: str
    tell: Callable[[int, int], None] | None = None  # None: marks in the log


def download(promise: Promise, part: Path, pause: Callable[[float], None] = time.sleep) -> None:
    """Leave the promised image in ``part``, or raise.

    A file that was put together from several tries gets one more chance from its first byte:
    an older piece of it may have been bad.

    Raises:
        NotDownloaded: the server refuses, stays away, or serves something else.
    """
    in_pieces = complete(promise, part, pause)
    if in_pieces and not matches(promise, part):
        part.unlink()
        complete(promise, part, pause)
    if not matches(promise, part):
        part.unlink()
        raise NotDownloaded("the image does not match its checksum: what was sent is not it.")


def complete(promise: Promise, part: Path, pause: Callable[[float], None]) -> bool:
    """Try until the file has its size; True when it took more than one try.

    Raises:
        NotDownloaded: it makes no sense to go on trying.
    """
    in_pieces = size_of(part) > 0
    failures = 0
    while (have := size_of(part)) != promise.size:
        try:
            one_try(promise, part, have)
        except Interrupted as interruption:
            in_pieces = True
            failures = 0 if size_of(part) > have else failures + 1
            if failures == TRIES:
                raise NotDownloaded(f"the image cannot be fetched: {interruption}.") from None
            pause(min(2.0**failures, 30.0))
    return in_pieces


def one_try(promise: Promise, part: Path, have: int) -> None:
    """Ask once for what is missing and append what comes.

    Raises:
        Interrupted: the connection, the server or the answer gave up early.
        NotDownloaded: the server refused, or the image is not the promised one.
    """
    if have > promise.size:  # left by somebody who was promised more
        part.unlink()
        have = 0
    connection = connect(promise.url)
    try:
        target = urlsplit(promise.url)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        connection.request("GET", path, headers={"Range": f"bytes={have}-"} if have else {})
        answer = connection.getresponse()
        start = starting_point(answer, promise, have)
        if start < have:
            part.unlink()
        append(answer, part, start, promise)
    except NETWORK_TROUBLE as trouble:
        raise Interrupted(in_words(trouble)) from None
    finally:
        connection.close()


def connect(url: str) -> http.client.HTTPConnection:
    """A connection to the server of this URL; https is checked against the node's own CAs."""
    target = urlsplit(url)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    return kind(target.hostname or "", target.port, timeout=SILENCE)


def starting_point(answer: http.client.HTTPResponse, promise: Promise, have: int) -> int:
    """The offset at which the body of this answer begins.

    Raises:
        Interrupted: the server has a problem that may pass.
        NotDownloaded: the server refuses, or has something of another size.
    """
    if answer.status in WORTH_ANOTHER_TRY:
        raise Interrupted(f"the image service answers {answer.status}")
    begins = f"bytes {have}-{promise.size - 1}/"
    if answer.status == 206 and answer.headers.get("Content-Range", "").startswith(begins):
        return have
    if answer.status != 200:
        raise NotDownloaded(f"the image service refuses to send the image (HTTP {answer.status}).")
    if answer.headers.get("Content-Length", str(promise.size)) != str(promise.size):
        raise NotDownloaded("the image has another size than image_size says.")
    return 0


def append(answer: http.client.HTTPResponse, part: Path, start: int, promise: Promise) -> None:
    """Write the body behind what is there, never past the promised size.

    Raises:
        Interrupted: the body ended early.
        NotDownloaded: it did not end in time, or cannot be written.
    """
    done, size = start, promise.size
    shown = -1
    with part.open("ab") as file:
        while block := answer.read(BLOCK):
            done += len(block)
            if done > size:
                raise NotDownloaded("the image is longer than its size says.")
            put(file.fileno(), block)
            if (step := done * 20 // size) != shown:
                shown = step
                (promise.tell or mark)(done, size)
        os.fsync(file.fileno())
    if done < size:
        raise Interrupted("the connection ended early")


def mark(done: int, size: int) -> None:
    """Tell whoever reads the log how far we are."""
    sys.stdout.write(f"@progress {done}/{size}\n")
    sys.stdout.flush()


def put(descriptor: int, block: bytes) -> None:
    """Write a whole block; a full disk is not the network's fault."""
    view = memoryview(block)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as trouble:
        raise NotDownloaded(f"the image cache cannot be written: {trouble.strerror}.") from None


def size_of(part: Path) -> int:
    """How many bytes are there already."""
    return part.stat().st_size if part.exists() else 0


def matches(promise: Promise, part: Path) -> bool:
    """Whether the file is the promised image."""
    with part.open("rb") as file:
        return hashlib.file_digest(file, "sha512").hexdigest() == promise.sha512


def in_words(trouble: Exception) -> str:
    """The trouble without its message, which may quote the URL."""
    system_says = trouble.strerror if isinstance(trouble, OSError) else None
    return system_says or type(trouble).__name__


def main(arguments: list[str]) -> int:
    """Exit 0 with the image in the file, 1 with a sentence."""
    env = os.environ
    promise = Promise(
        url=env["OSP_IMAGE_URL"],
        size=int(env["OSP_IMAGE_SIZE"]),
        sha512=env["OSP_IMAGE_CHECKSUM"].removeprefix("sha512:"),
    )
    try:
        download(promise, Path(arguments[0]))
    except NotDownloaded as why:
        sys.stderr.write(f"cyclades: {why}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
