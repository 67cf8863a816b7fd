"""What gunicorn is told about Keystone; read by gunicorn, in Keystone's environment."""

import ctypes
import signal
from typing import Any, Final

PR_SET_PDEATHSIG: Final = 1

wsgi_app = "keystone.wsgi.api"
workers = 2
preload_app = True  # imported once, then forked
timeout = 60
graceful_timeout = 1
accesslog = None


def post_fork(_server: Any, _worker: Any) -> None:
    """Have a worker end with its master, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
