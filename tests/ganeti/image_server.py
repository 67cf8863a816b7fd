"""A server of images with signed-like URLs; it takes images, too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

SIGNATURE = "c0ffee0123456789topsecret"


class ImageServer(ThreadingHTTPServer):
    """Keeps images by name, and the offset of every request it served."""

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), Handler)
        self.images: dict[str, bytes] = {}
        self.starts: list[int] = []
        self.drop_after: int | None = None  # end the next answer after so many bytes
        self.received: dict[str, bytes] = {}
        self.refusals: list[int] = []  # what the next uploads are answered

    def serve(self, name: str, image: bytes) -> str:
        """Keep an image and return the URL that reads it."""
        self.images[name] = image
        return self.address(name)

    def address(self, name: str) -> str:
        """The signed-like URL that reads an image, or takes it by PUT."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}/dl/{name}?exp=4102444800&sig={SIGNATURE}"


class Handler(BaseHTTPRequestHandler):
    """Answers GET with ranges and takes PUT; all but the right signature is refused."""

    server: ImageServer

    def do_GET(self) -> None:  # the name is the base class's
        url = urlsplit(self.path)
        image = self.server.images.get(url.path.removeprefix("/dl/"))
        if image is None or parse_qs(url.query).get("sig") != [SIGNATURE]:
            self.send_error(403)
            return
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.server.starts.append(start)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(image) - 1}/{len(image)}")
        self.send_header("Content-Length", str(len(image) - start))
        self.end_headers()
        end, self.server.drop_after = self.server.drop_after, None
        self.wfile.write(image[start:] if end is None else image[start : start + end])

    def do_PUT(self) -> None:  # as above
        url = urlsplit(self.path)
        if parse_qs(url.query).get("sig") != [SIGNATURE]:
            self.send_error(403)
            return
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.refusals:
            self.send_error(self.server.refusals.pop(0))
            return
        self.server.received[url.path.removeprefix("/dl/")] = sent
        self.send_response(204)
        self.end_headers()

    @override
    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing: the log of the tests is theirs."""

    @override
    def log_error(self, *_: object) -> None:
        """Say nothing, as above."""


@contextmanager
def serving(address: str) -> Iterator[ImageServer]:
    """An image server on this address for as long as the block lasts."""
    with ImageServer(address) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
