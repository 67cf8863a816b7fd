"""Serves an application, with deadlines for those who send slowly or never."""

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

LOG: Final = logging.getLogger("aiohttp.server")
LONGEST_LINE: Final = 64 * 1024  # clients ask for hundreds of ids in one query
LONGEST_HEADER: Final = 16 * 1024  # the longest tokens take about 8 KiB


@asynccontextmanager
async def serving(
    app: web.Application,
    host: str,
    port: int,
    *,
    idle_deadline: float = 30.0,
    linger: float = 2.0,
    shutdown_deadline: float = 5.0,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Serve the application inside the block; yield the port, which matters when 0 was asked for.

    Args:
        app: what is served.
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one.
        idle_deadline: seconds a connection may go without a complete request (line and headers),
            be it because nobody asks or because somebody asks a byte at a time.
        linger: seconds for which the rest of a body that was refused is read and thrown away, so
            that the client gets to see the refusal.
        shutdown_deadline: seconds that requests under way may take to end.
        tls: the certificate, when TLS is not a proxy's business.
    """
    LOG.addFilter(_is_ours)  # a filter that is there already is not added again
    runner = web.AppRunner(
        app,
        logger=LOG,
        access_log=None,  # one line per request comes from shared.web.trace
        keepalive_timeout=idle_deadline,
        lingering_time=linger,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_HEADER,
        auto_decompress=False,  # compressed bodies are refused, not inflated
        shutdown_timeout=shutdown_deadline,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        await site.start()
        yield site.port
    finally:
        await runner.cleanup()


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a line tells of a fault of ours: what is no HTTP is the sender's, and any number."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)
