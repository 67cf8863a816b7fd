"""The yardstick: a server of ready documents, as little as can stand between them and a client.

``python -m tests.bench.prototype URL PORT`` serves tables of documents from PostgreSQL. What our
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
CREATE TABLE {0} (id integer PRIMARY KEY, doc bytea NOT NULL)
"""
FILL: Final = "INSERT INTO {0} (id, doc) SELECT n, $1 FROM generate_series(1, $2::int) n"
ONE: Final = "SELECT doc FROM prototype_{0} WHERE id = $1"
SEVERAL: Final = "SELECT doc FROM prototype_{0} ORDER BY id LIMIT $1"
KINDS: Final = ("servers", "ports", "volumes", "images")


async def fill(url: str, kind: str, document: bytes) -> None:
    """Have a table full of the same document."""
    table = f"prototype_{kind}"
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"DROP TABLE IF EXISTS {table}")
        await connection.execute(MAKE.format(table))
        await connection.execute(FILL.format(table), document, ROWS)
        await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()


async def one(request: web.Request) -> web.Response:
    """Answer one document."""
    pool: Any = request.app[POOL]
    statement = ONE.format(request.match_info["kind"])
    body = await pool.fetchval(statement, int(request.match_info["id"]))
    return web.Response(body=b'{"server":' + body + b"}", content_type="application/json")


async def several(request: web.Request) -> web.Response:
    """Answer a page of documents."""
    pool: Any = request.app[POOL]
    statement = SEVERAL.format(request.match_info["kind"])
    rows = await pool.fetch(statement, int(request.query["limit"]))
    body = b",".join(row[0] for row in rows)
    return web.Response(body=b'{"servers":[' + body + b"]}", content_type="application/json")


async def serve(url: str, port: int) -> None:
    """Serve until killed."""
    app = web.Application()
    app[POOL] = await asyncpg.create_pool(url, min_size=1, max_size=8)
    kinds = "/{kind:" + "|".join(KINDS) + "}"
    app.add_routes([web.get(kinds + "/{id:\\d+}", one), web.get(kinds, several)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
