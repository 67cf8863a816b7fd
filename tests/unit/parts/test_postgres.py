"""Where a PostgreSQL of our own is found."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from deploy.parts.postgres import LONGEST_SOCKET, PostgresServer, sockets_in


def server(sockets: Path | None) -> PostgresServer:
    return PostgresServer(
        host="127.0.0.1", port=5433, sockets=sockets, user="cyclades", password="s3cret"
    )


def test_urls_lead_to_the_socket_where_there_is_one() -> None:
    url = server(Path("/a folder/data")).url_of("one")
    assert url == "postgresql://cyclades:s3cret@/one?host=%2Fa%20folder%2Fdata&port=5433"
    made = make_url(url)
    assert (made.database, made.query) == ("one", {"host": "/a folder/data", "port": "5433"})


def test_urls_lead_to_the_port_where_there_is_none() -> None:
    assert server(None).url_of("one") == "postgresql://cyclades:s3cret@127.0.0.1:5433/one"


@pytest.mark.parametrize("sockets", [None, Path("/a folder/data")])
def test_a_server_is_read_from_its_own_url(sockets: Path | None) -> None:
    wanted, read = server(sockets), PostgresServer.at(server(sockets).url)
    assert read.url == wanted.url
    assert (read.port, read.sockets, read.password) == (5433, sockets, "s3cret")


def test_a_socket_whose_path_is_too_long_is_none() -> None:
    deep = "/" + "d" * (LONGEST_SOCKET - len("//.s.PGSQL.5433.lock"))
    assert sockets_in(Path(deep), 5433) == Path(deep)
    assert sockets_in(Path(deep + "d"), 5433) is None


def test_a_comma_would_be_read_as_two_folders() -> None:
    assert sockets_in(Path("/one,two"), 5433) is None
