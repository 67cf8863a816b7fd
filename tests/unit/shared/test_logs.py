"""Log lines are JSON, carry their context, and give no secret away."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from shared import logs

Lines = Callable[[], list[dict[str, Any]]]
CANARY = "canary-7f3a"


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("tested", "INFO", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def test_a_line_says_what_when_who_and_how_bad(lines: Lines) -> None:
    logs.get_logger("a.module").warning("it happened", server="s1", count=2)
    (line,) = lines()
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "it happened",
        "level": "warning",
        "logger": "a.module",
        "service": "tested",
        "server": "s1",
        "count": 2,
    }


def test_what_libraries_log_is_json_too(lines: Lines) -> None:
    with logs.context(request_id="req-1"):
        logging.getLogger("library").error("lost %s", "it", extra={"password": CANARY, "n": 1})
    (line,) = lines()
    assert (line["event"], line["logger"], line["level"]) == ("lost it", "library", "error")
    assert (line["request_id"], line["n"], line["password"]) == ("req-1", 1, "***")


def test_less_than_the_level_is_not_written(lines: Lines) -> None:
    logs.get_logger("a").debug("detail")
    logging.getLogger("httpx").info("HTTP Request: GET http://x?token=t")
    assert lines() == []


async def test_each_task_has_its_own_context(lines: Lines) -> None:
    async def work(name: str) -> None:
        with logs.context(request_id=name):
            await asyncio.sleep(0)
            assert logs.current_request_id() == name
            logs.get_logger("a").info("done")

    await asyncio.gather(work("req-1"), work("req-2"))
    assert sorted(line["request_id"] for line in lines()) == ["req-1", "req-2"]
    assert logs.current_request_id() is None


SECRETS: list[dict[str, Any]] = [
    {"password": CANARY},
    {"adminPass": CANARY},
    {"admin_pass": CANARY, "new_password": CANARY},
    {"token": CANARY},
    {"X-Auth-Token": CANARY},
    {"headers": {"x-subject-token": CANARY, "Authorization": f"Basic {CANARY}"}},
    {"server": {"user_data": CANARY, "metadata": [{"secret": CANARY}]}},
    {"OS_AUTH": {"client_secret": CANARY}},
    {"image_url": f"http://x/{CANARY}"},
    {"credentials": {"username": CANARY}},
    {"osparams_secret": {"any": CANARY}},
    {"url": f"amqp://user:{CANARY}@rabbit/"},
    {"event_text": f"cannot reach postgresql://u:{CANARY}@db/x, giving up"},
    {"asked": f"/v1/blob?expires=1&signature={CANARY}&x=1"},
    {"steps": ({"private_key": CANARY},)},
    {"deep": {"a": {"b": {"c": {"d": {"password": CANARY}}}}}},
    {"held": SecretStr(CANARY)},
]


@pytest.mark.parametrize("facts", SECRETS, ids=str)
def test_no_secret_is_written(lines: Lines, facts: dict[str, Any]) -> None:
    logs.get_logger("a").info("it happened", **facts)
    (line,) = lines()
    assert CANARY not in str(line)
    assert line["event"] == "it happened"


def test_a_traceback_gives_no_url_away(lines: Lines) -> None:
    refused = ConnectionError(f"amqp://user:{CANARY}@rabbit refused")
    logs.get_logger("a").error("down", exc_info=refused)
    (line,) = lines()
    assert "ConnectionError" in line["exception"]
    assert CANARY not in str(line)


@pytest.mark.parametrize("key", ["key_name", "passed", "tokens_used", "secretary", "image", "path"])
def test_innocent_facts_are_left_alone(lines: Lines, key: str) -> None:
    logs.get_logger("a").info("it happened", **{key: "value"})
    assert lines()[0][key] == "value"


def test_what_is_nested_without_end_is_cut(lines: Lines) -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    logs.get_logger("a").info("it happened", facts=endless)
    assert "..." in str(lines()[0]["facts"])


def test_what_json_does_not_know_is_written_as_text(lines: Lines) -> None:
    logs.get_logger("a").info("it happened", error=ValueError("oh"), names={1: "one"})
    (line,) = lines()
    assert (line["error"], line["names"]) == ("oh", {"1": "one"})


@pytest.mark.parametrize("odd", ["\ud800", 2**70])
def test_no_line_is_lost_for_an_odd_value(lines: Lines, odd: str | int) -> None:
    logs.get_logger("a").info("it happened", odd=odd)
    assert lines()[0]["odd"] == odd


def test_a_line_cannot_be_forged(lines: Lines) -> None:
    logs.get_logger("a").info('x"}\n{"event": "forged"', name="a\nb")
    (line,) = lines()
    assert line["name"] == "a\nb"
