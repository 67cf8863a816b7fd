"""Sends an instance's first disk to a signed URL, by PUT.

Run as ``upload.py DEVICE`` with OSP_UPLOAD_URL and OSP_UPLOAD_FORMAT in the environment; exits 0
only when the other side has taken all of it. The URL is a secret: messages of exceptions are not
repeated, because some of them quote it. Plain http.client on purpose: no redirects, no proxies.
"""

import http.client
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

BLOCK = 1 << 20
TRIES = 4
SILENCE = 300.0  # seconds the other side may take to digest what it got
WORTH_ANOTHER_TRY = {408, 425, 429, 500, 502, 503, 504}
FORMATS = ("raw", "qcow2")
URL = re.compile(r"https?://[!-~]+")
Tell = Callable[[int], None]


class NotSent(Exception):
    """The bytes are not there, and trying again would not help; the text says why."""


class Interrupted(Exception):
    """This try ended early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to send, and in which format."""

    url: str
    format: str


def send(
    source: Path,
    target: Target,
    *,
    folder: Path | None = None,
    tell: Tell = lambda _done: None,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Have the other side take the disk in the wanted format.

    Args:
        source: a raw disk: a device or a file.
        target: where to.
        folder: has room for the disk in another format; absent: TMPDIR.
        tell: hears how many bytes are sent; may raise to end it.
        pause: waits so many seconds.

    Raises:
        NotSent: the other side refuses or stays away, or the disk cannot be read.
    """
    with in_format(source, target.format, folder) as file:
        for failures in range(TRIES):
            try:
                one_try(file, target.url, tell)
            except Interrupted as interruption:
                if failures == TRIES - 1:
                    raise NotSent(f"the disk cannot be sent: {interruption}.") from None
                pause(2.0**failures)
            else:
                return


@contextmanager
def in_format(source: Path, wanted: str, folder: Path | None = None) -> Iterator[Path]:
    """The disk as a file or device of this format.

    Raises:
        NotSent: it cannot be converted.
    """
    if wanted == "raw":
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="cyclades-", dir=folder) as room:
        converted = Path(room) / "disk"
        command = ["qemu-img", "convert", "-f", "raw", "-O", wanted, str(source), str(converted)]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            raise NotSent(f"qemu-img cannot convert the disk to {wanted}.") from None
        yield converted


def one_try(file: Path, url: str, tell: Tell) -> None:
    """Send the whole file once.

    Raises:
        Interrupted: the connection or the server gave up early.
        NotSent: the server refuses.
    """
    target = urlsplit(url)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = kind(target.hostname or "", target.port, timeout=SILENCE)
    try:
        with file.open("rb", buffering=0) as body:
            size = body.seek(0, os.SEEK_END)
            body.seek(0)
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            connection.putrequest("PUT", path)
            connection.putheader("Content-Type", "application/octet-stream")
            connection.putheader("Content-Length", str(size))
            connection.endheaders()
            with suppress(BrokenPipeError, ConnectionResetError):  # a refusal may come early
                for done, block in blocks(body.read):
                    connection.send(block)
                    tell(done)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as trouble:
        raise Interrupted(getattr(trouble, "strerror", None) or type(trouble).__name__) from None
    finally:
        connection.close()
    if status in WORTH_ANOTHER_TRY:
        raise Interrupted(f"the image service answers {status}")
    if not 200 <= status < 300:
        raise NotSent(f"the image service refuses to take the disk (HTTP {status}).")


def blocks(read: Callable[[int], bytes | None]) -> Iterator[tuple[int, bytes]]:
    """Block after block, with the bytes that are read by then."""
    done = 0
    while block := read(BLOCK):
        done += len(block)
        yield done, block


def complaint(url: str, wanted: str) -> str | None:
    """What is wrong with the parameters, never showing any of the URL."""
    if not URL.fullmatch(url):
        return "upload_url is not an http or https URL."
    if wanted not in FORMATS:
        return "upload_format has to be one of " + ", ".join(FORMATS) + "."
    return None


def main(arguments: list[str]) -> int:
    """Exit 0 with the disk sent, 1 with a sentence."""
    target = Target(
        url=os.environ.get("OSP_UPLOAD_URL", ""),
        format=os.environ.get("OSP_UPLOAD_FORMAT") or "raw",
    )
    wrong = complaint(target.url, target.format)
    try:
        if wrong is None:
            send(Path(arguments[0]), target)
    except NotSent as why:
        wrong = str(why)
    if wrong is None:
        return 0
    sys.stderr.write(f"cyclades: {wrong}\n")
    return 1


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
