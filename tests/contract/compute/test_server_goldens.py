"""Whole answers about servers, byte for byte, by microversion; what varies is named ``<so>``.

To renew the files after a wanted change, delete them and run this test twice.
"""

import re
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from tests.integration.compute.rig import IMAGE, NETWORK, Json, Rig, a_server

GOLDEN: Final = Path(__file__).parent / "golden"
VERSIONS: Final = ("2.1", "2.26", "2.47", "2.96")
VARYING: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?"), "<moment>"),
    (re.compile(r"\br-[0-9a-f]{8}\b"), "<reservation>"),
    (re.compile(r'(?<="hostId":")[0-9a-f]{56}'), "<host>"),
    (re.compile(r'(?<="adminPass":")[^"]{12}'), "<password>"),
)


def settled(answer: Any, ident: str) -> Any:
    """Return an answer with names in place of what differs from run to run."""
    text = orjson.dumps(answer).decode().replace(ident, "<server>")
    text = text.replace(IMAGE, "<image>").replace(NETWORK, "<network>")
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return orjson.loads(text)


async def answers(rig: Rig, mv: str) -> Json:
    """Return what a client of this microversion reads of one server's life."""
    body = a_server(metadata={"role": "web"})
    made = await rig.call("POST", "/servers", body, mv=mv)
    ident = made.body["server"]["id"]
    building = await rig.get(f"/servers/{ident}", mv=mv)
    await rig.run_sagas()
    await rig.end_jobs()
    found = {
        "POST /servers": made.body,
        "GET /servers/<server> (building)": building,
        "GET /servers/<server>": await rig.get(f"/servers/{ident}", mv=mv),
        "GET /servers/<server> (admin)": await rig.get(f"/servers/{ident}", mv=mv, who="admin"),
        "GET /servers": await rig.get("/servers", mv=mv),
        "GET /servers/detail?limit=1": await rig.get("/servers/detail?limit=1", mv=mv),
    }
    return {question: settled(answer, ident) for question, answer in found.items()}


@pytest.mark.parametrize("mv", VERSIONS)
async def test_answers_are_the_golden_ones(rig: Rig, mv: str) -> None:
    path = GOLDEN / f"servers-{mv}.json"
    found = await answers(rig, mv)
    if not path.exists():
        path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
        pytest.fail(f"wrote {path.name}: read it, then run again")
    assert found == orjson.loads(path.read_bytes())
