"""Fetching an image: going on after interruptions, and refusing what was not promised."""

import hashlib
import http.client
from email.message import Message
from pathlib import Path

import pytest

from deploy.ganeti.os.cyclades import download

IMAGE = bytes(range(256)) * 8
URL = "http://image.invalid/dl/1?sig=topsecret"


class Answer:
    """One HTTP answer whose body may end early."""

    def __init__(self, status: int, body: bytes, **headers: str) -> None:
        self.status = status
        self.headers = Message()
        for name, value in headers.items():
            self.headers[name.replace("_", "-")] = value
        self._body = body

    def read(self, _amount: int) -> bytes:
        body, self._body = self._body, b""
        return body


class Server:
    """Serves a file with ranges, dropping each connection after so many bytes."""

    def __init__(self, image: bytes, *, ranges: bool = True) -> None:
        self.image, self.ranges = image, ranges
        self.starts: list[int] = []
        self.drops: list[int] = []  # how much each of the next answers carries
        self.refusals: list[int | Exception] = []  # what the next requests get instead
        self._start = 0

    def request(self, _method: str, _path: str, headers: dict[str, str]) -> None:
        if self.refusals and isinstance(self.refusals[0], Exception):
            raise self.refusals.pop(0)  # type: ignore[misc]  # narrowed one line above
        asked = headers.get("Range", "bytes=0-")
        self._start = int(asked.removeprefix("bytes=").removesuffix("-")) if self.ranges else 0

    def getresponse(self) -> Answer:
        if self.refusals:
            return Answer(int(str(self.refusals.pop(0))), b"sorry")
        self.starts.append(self._start)
        body = self.image[self._start :]
        whole, last = len(self.image), len(self.image) - 1
        body = body[: self.drops.pop(0)] if self.drops else body
        if self._start:
            return Answer(206, body, Content_Range=f"bytes {self._start}-{last}/{whole}")
        return Answer(200, body, Content_Length=str(whole))

    def close(self) -> None:
        pass


def promise(image: bytes = IMAGE) -> download.Promise:
    return download.Promise(url=URL, size=len(image), sha512=hashlib.sha512(image).hexdigest())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server(IMAGE)
    monkeypatch.setattr(download, "connect", lambda _url: server)
    return server


@pytest.fixture
def pauses() -> list[float]:
    return []


def test_an_image_arrives_whole(server: Server, tmp_path: Path, pauses: list[float]) -> None:
    download.download(promise(), tmp_path / "part", pauses.append)
    assert (tmp_path / "part").read_bytes() == IMAGE
    assert pauses == []


def test_a_broken_connection_is_taken_up_where_it_broke(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    server.drops = [1000, 500]
    download.download(promise(), tmp_path / "part", pauses.append)
    assert (tmp_path / "part").read_bytes() == IMAGE
    assert server.starts == [0, 1000, 1500]


def test_what_an_earlier_run_left_is_used(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    (tmp_path / "part").write_bytes(IMAGE[:700])
    download.download(promise(), tmp_path / "part", pauses.append)
    assert server.starts == [700]


def test_bad_left_overs_cost_one_download_and_not_the_create(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    (tmp_path / "part").write_bytes(b"x" * 700)
    download.download(promise(), tmp_path / "part", pauses.append)
    assert (tmp_path / "part").read_bytes() == IMAGE
    assert server.starts == [700, 0]


def test_left_overs_of_a_longer_image_are_dropped(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    (tmp_path / "part").write_bytes(IMAGE * 2)
    download.download(promise(), tmp_path / "part", pauses.append)
    assert (tmp_path / "part").read_bytes() == IMAGE


def test_a_server_without_ranges_starts_again(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    server.ranges = False
    (tmp_path / "part").write_bytes(IMAGE[:700])
    download.download(promise(), tmp_path / "part", pauses.append)
    assert (tmp_path / "part").read_bytes() == IMAGE


def test_a_wrong_checksum_leaves_nothing_behind(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    server.image = b"y" * len(IMAGE)
    with pytest.raises(download.NotDownloaded, match="does not match its checksum"):
        download.download(promise(), tmp_path / "part", pauses.append)
    assert not (tmp_path / "part").exists()
    assert server.starts == [0]


def test_another_size_is_refused_before_a_byte_is_read(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    server.image = IMAGE + b"more"
    with pytest.raises(download.NotDownloaded, match="another size than image_size"):
        download.download(promise(), tmp_path / "part", pauses.append)
    assert not (tmp_path / "part").exists()


def test_a_body_that_does_not_end_is_cut_off(tmp_path: Path) -> None:
    endless = Answer(200, IMAGE + b"more")
    with pytest.raises(download.NotDownloaded, match="longer"):
        download.append(endless, tmp_path / "part", 0, promise())  # type: ignore[arg-type]
    assert (tmp_path / "part").stat().st_size <= len(IMAGE)


def test_an_expired_signature_is_not_tried_again(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    server.refusals = [403]
    with pytest.raises(download.NotDownloaded, match="HTTP 403"):
        download.download(promise(), tmp_path / "part", pauses.append)
    assert pauses == []


def test_a_redirect_is_not_followed(server: Server, tmp_path: Path, pauses: list[float]) -> None:
    server.refusals = [302]
    with pytest.raises(download.NotDownloaded, match="HTTP 302"):
        download.download(promise(), tmp_path / "part", pauses.append)


def test_a_busy_server_is_asked_again_after_growing_pauses(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    server.refusals = [503, 429, ConnectionResetError(104, "Connection reset by peer")]
    download.download(promise(), tmp_path / "part", pauses.append)
    assert (tmp_path / "part").read_bytes() == IMAGE
    assert pauses == [2.0, 4.0, 8.0]


def test_giving_up_never_quotes_the_url(
    server: Server, tmp_path: Path, pauses: list[float]
) -> None:
    server.refusals = [http.client.InvalidURL(f"bad {URL}") for _ in range(download.TRIES)]
    with pytest.raises(download.NotDownloaded) as why:
        download.download(promise(), tmp_path / "part", pauses.append)
    assert "InvalidURL" in str(why.value)
    assert "topsecret" not in str(why.value)


def test_markers_tell_how_far_the_download_is(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.drops = [len(IMAGE) // 2]
    download.download(promise(), tmp_path / "part", lambda _: None)
    assert capsys.readouterr().out.splitlines() == ["@progress 1024/2048", "@progress 2048/2048"]
