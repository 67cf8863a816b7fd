"""The yardstick: a server of ready documents, as little as can stand between them and a client.

``python -m tests.bench.prototype URL PORT`` serves a table of documents from PostgreSQL. What our
services reach beside it on the same machine says more than milliseconds do.
"""

import asyncio
import sys
from typing import Any, Final

import asyncpg
import uvloop
from aiohttp import web

ROWS: Final = 10_000
POOL: Final = web.AppKey("POOL", Any)
MAKE: Final = """
CREATE TABLE IF NOT EXISTS prototype (id integer PRIMARY KEY, doc bytea NOT NULL)
"""
FILL: Final = """
INSERT INTO prototype (id, doc) SELECT n, $1 FROM generate_series(1, $2::int) n
ON CONFLICT DO NOTHING
"""


async def fill(url: str, document: bytes) -> None:
    """Have a table full of the same document."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(MAKE)
        await connection.execute(FILL, document, ROWS)
        await connection.execute("VACUUM ANALYZE prototype")
    finally:
        await connection.close()


async def one(request: web.Request) -> web.Response:
    """Answer one document."""
    statement = "SELECT doc FROM prototype WHERE id = $1"
    pool: Any = request.app[POOL]
    body = await pool.fetchval(statement, int(request.match_info["id"]))
    return web.Response(body=b'{"server":' + body + b"}", content_type="application/json")


async def several(request: web.Request) -> web.Response:
    """Answer a page of documents."""
    statement = "SELECT doc FROM prototype ORDER BY id LIMIT $1"
    pool: Any = request.app[POOL]
    rows = await pool.fetch(statement, int(request.query["limit"]))
    body = b",".join(row[0] for row in rows)
    return web.Response(body=b'{"servers":[' + body + b"]}", content_type="application/json")


async def serve(url: str, port: int) -> None:
    """Serve until killed."""
    app = web.Application()
    app[POOL] = await asyncpg.create_pool(url, min_size=1, max_size=8)
    app.add_routes([web.get("/servers/{id:\\d+}", one), web.get("/servers/detail", several)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
