"""The storage agent: HTTP over TLS for whoever has the token.

One thread per request and not more than a few of them; bodies are small. The log has method,
path and status, and never a body: those hold signed addresses.
"""

import hmac
import json
import logging
import socket
import ssl
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from deploy.ganeti.storage.refusals import Refused, Unusable
from deploy.ganeti.storage.routes import Answer, Routes
from deploy.ganeti.storage.typing_only import override

LOG = logging.getLogger(__name__)
LARGEST_BODY = 64 << 10
PATIENCE = 30.0  # seconds a caller may keep a thread waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may come in, and how many at once."""

    token: str
    tls: ssl.SSLContext | None  # None only for tests on loopback
    connections: int = 32


class Agent(ThreadingMixIn, HTTPServer):
    """Serves the calls until ``shutdown``."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], routes: Routes, door: Door) -> None:
        super().__init__(address, Handler)
        self.routes = routes
        self.door = door
        self._places = threading.BoundedSemaphore(door.connections)

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a free place: further callers wait in the socket's own queue."""
        self._places.acquire()
        super().process_request(request, client_address)

    @override
    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, TLS included, and free its place."""
        try:
            request.settimeout(PATIENCE)
            if self.door.tls:
                request = self.door.tls.wrap_socket(request, server_side=True)
            super().process_request_thread(request, client_address)
        except (OSError, ssl.SSLError) as trouble:
            LOG.info("%s: no connection (%s)", client_address[0], type(trouble).__name__)
            self.shutdown_request(request)
        finally:
            self._places.release()

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away is no news."""
        LOG.info("%s went away", client_address[0])


class Handler(BaseHTTPRequestHandler):
    """One request on one connection."""

    server: Agent
    server_version = "cyclades-storage"
    sys_version = ""

    def do_GET(self) -> None:
        """Show."""
        self._serve()

    def do_PUT(self) -> None:
        """Have."""
        self._serve()

    def do_DELETE(self) -> None:
        """Have not."""
        self._serve()

    def _serve(self) -> None:
        url = urlsplit(self.path)
        try:
            if not self._knows_the_token():
                self._answer(401, failure(401, "the token is wrong."))
                return
            body = self._body() if self.command == "PUT" else None
            query = dict(parse_qsl(url.query, max_num_fields=8))
            answer = self.server.routes.call(self.command, url.path, query, body)
        except Refused as why:
            self._answer(why.code, failure(why.code, str(why)))
        except Exception as trouble:  # an answer in any case; the log has the rest
            LOG.exception("%s %s failed", self.command, url.path)
            said = getattr(trouble, "strerror", None) or type(trouble).__name__
            self._answer(500, failure(500, f"the node says: {said}."))
        else:
            self._answer(204 if answer is None else 200, answer)

    def _knows_the_token(self) -> bool:
        given = self.headers.get("Authorization", "")
        wanted = f"Bearer {self.server.door.token}"
        return hmac.compare_digest(given.encode(), wanted.encode())

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            raise Unusable(f"a body of at most {LARGEST_BODY} bytes is expected.")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise Unusable("the body is not JSON.") from None
        if not isinstance(body, dict):
            raise Unusable("the body is not a JSON object.")
        return body

    def _answer(self, status: int, body: Answer) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status, HTTPStatus(status).phrase)
        if body is not None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say method, path and status: no header, no query, no body."""
        path = urlsplit(self.path).path
        LOG.info("%s %s %s %s", self.client_address[0], self.command, path, code)

    @override
    def log_error(self, *_: object) -> None:
        """Say nothing more: the answer says it."""


def failure(code: int, message: str) -> dict[str, Any]:
    """How a refusal is told."""
    return {"error": {"code": code, "message": message}}


def tls(certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 and later with the node's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def address(listen: str) -> tuple[str, int]:
    """Host and port of ``host:port``."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]") or socket.gethostname(), int(port)
