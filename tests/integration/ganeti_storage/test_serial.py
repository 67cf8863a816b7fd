"""What instances say on their serial ports, read from sockets as KVM offers them."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.ganeti.storage.consoles import KEPT, tail
from deploy.ganeti.storage.serial import SerialReader, append
from tests.parts.cloud import until


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[SerialReader]:
    (tmp_path / "ctrl").mkdir()
    reader = SerialReader(tmp_path / "logs", tmp_path / "ctrl")
    reader.start()
    yield reader
    reader.stop()
    reader.join(timeout=60)


def port(folder: Path, instance: str) -> socket.socket:
    offered = socket.socket(socket.AF_UNIX)
    offered.bind(str(folder / "ctrl" / f"{instance}.serial"))
    offered.listen(1)
    offered.settimeout(60)
    return offered


def said(folder: Path, instance: str) -> str:
    log = folder / "logs" / f"{instance}.log"
    return log.read_text() if log.exists() else ""


@pytest.mark.usefixtures("reader")
def test_an_instance_is_heard_from_its_start_and_again_after_a_restart(tmp_path: Path) -> None:
    for words in ("first boot\n", "second boot\n"):
        with port(tmp_path, "cyc-1") as offered:
            connection, _ = offered.accept()
            with connection:
                connection.sendall(words.encode())
                until(lambda words=words: words in said(tmp_path, "cyc-1"), 10, words)
        (tmp_path / "ctrl" / "cyc-1.serial").unlink()
    assert tail(tmp_path / "logs", "cyc-1", 1) == "second boot\n"


def test_a_log_never_grows_beyond_twice_what_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "cyc-1.log"
    for number in range(40):
        append(log, f"{number:08}".encode() * 1024)
        assert log.stat().st_size <= 2 * KEPT
    assert log.read_bytes().endswith(b"00000039")
