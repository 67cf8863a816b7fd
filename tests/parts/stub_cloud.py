"""Stands in for the process with the six services: each port says it is ready, and no more."""

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

SERVICES = ("COMPUTE", "NETWORK", "IMAGE", "VOLUME", "RAPI_GATEWAY", "GANETI_WATCHER")


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    @override
    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    sys.stdout.write("the stub serves\n")
    sys.stdout.flush()
    for service in SERVICES:
        port = int(os.environ[f"CYCLADES_{service}_PORT"])
        server = ThreadingHTTPServer(("127.0.0.1", port), Ready)
        threading.Thread(target=server.serve_forever).start()
