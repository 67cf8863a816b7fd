"""Structured logs: one JSON object a line, secrets cut out, the request id on every line.

Everything goes through the standard library's logging, so that what libraries log is JSON too.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    get_contextvars,
    merge_contextvars,
)
from typing_extensions import override

Event = MutableMapping[str, Any]

REQUESTS: Final = "shared.web.requests"  # the logger of the lines of requests
CUT: Final = "***"
DEEPEST: Final = 12  # what is nested deeper than this is left out: nobody reads it

# A key is a secret's when, in lower case without dashes and underscores, it ends like one of these.
SECRET_ENDINGS: Final = (
    "password", "passwd", "adminpass", "token", "secret", "userdata", "imageurl", "authorization",
    "credential", "credentials", "privatekey", "fernetkey", "authkey", "cookie", "signature",
)  # fmt: skip

USERINFO: Final = re.compile(r"(?<=://)[^/\s@'\"]+@")
QUERY_SECRET: Final = re.compile(r"([?&](?:token|signature|sig|password|secret)=)[^&\s'\"]+")

# Chatter that is worth no line below a warning.
QUIET: Final = ("asyncio", "httpx", "httpcore", "aio_pika", "aiormq")


def configure(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line of this process to the stream as JSON.

    Args:
        service: what the lines say under ``service``, unless the context says otherwise.
        level: the least level that is written.
        stream: where to write; standard error if absent.
    """
    common: list[structlog.types.Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        _service(service),
        redact,
    ]
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(
        _Lines(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *common],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module: it takes the event and, as keywords, the facts about it."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def write_request(facts: dict[str, Any]) -> None:
    """Write the one line of a request: the facts, which hold no secret, and nothing looked up.

    Every request pays for it, so it takes a short cut past structlog's chain, and past logging's
    where the handler is ours and the only one.
    """
    root = logging.getLogger()
    if not root.isEnabledFor(logging.INFO):
        return
    facts |= {"event": "request", "level": "info", "logger": REQUESTS}
    facts["time"] = f"{datetime.now(UTC).replace(tzinfo=None).isoformat('T', 'microseconds')}Z"
    line = _render(None, "", facts)
    if len(root.handlers) == 1 and isinstance(ours := root.handlers[0], _Handler):
        ours.write(line)
    else:
        root.handle(logging.LogRecord(REQUESTS, logging.INFO, "", 0, _Ready(line), None, None))


def bind(**facts: Any) -> None:
    """Put these facts on every line this task logs from now on."""
    bind_contextvars(**facts)


@contextmanager
def context(**facts: Any) -> Iterator[None]:
    """Put these facts on every line logged inside the block, by this task and its children."""
    with bound_contextvars(**facts):
        yield


def current_request_id() -> str | None:
    """Return the id of the request being served, to hand on to events, sagas and neighbours."""
    found: str | None = get_contextvars().get("request_id")
    return found


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """Cut secrets out of a line, however deep they sit (a structlog processor)."""
    return {key: _clean(key, value, 0) for key, value in event.items()}


def redacted(value: Any) -> Any:
    """Return a copy of the value that is fit to be logged."""
    return _clean("", value, 0)


def _clean(key: object, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(key, str) and is_secret(key):
        return CUT
    if isinstance(value, str):
        return _without_secrets(value)
    if depth >= DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        return {name: _clean(name, inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", inner, depth + 1) for inner in value]
    return value


def _without_secrets(text: str) -> str:
    """Cut out of a text what a URL in it gives away."""
    if "://" in text:
        text = USERINFO.sub(f"{CUT}@", text)
    return QUERY_SECRET.sub(rf"\1{CUT}", text) if "=" in text else text


def is_secret(key: str) -> bool:
    """Whether what stands under this key must never be logged."""
    return key.lower().replace("-", "").replace("_", "").endswith(SECRET_ENDINGS)


class _Ready(str):
    """A line that is rendered already."""

    __slots__ = ()


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines, also ready ones."""

    def write(self, line: str) -> None:
        """Write a line that is rendered already."""
        with self.lock or nullcontext():
            try:
                self.stream.write(f"{line}\n")
                self.stream.flush()
            except Exception:  # as logging does: a full disk breaks no request
                self.handleError(logging.LogRecord(REQUESTS, logging.INFO, "", 0, line, None, None))


class _Lines(structlog.stdlib.ProcessorFormatter):
    """Renders records, unless they are."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return record.msg if isinstance(record.msg, _Ready) else super().format(record)


def _service(name: str) -> structlog.types.Processor:
    def add(_logger: Any, _method: str, event: Event) -> Event:
        event.setdefault("service", name)
        return event

    return add


def _render(_logger: Any, _method: str, event: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(event, default=_as_text, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # huge integers, halves of characters: no line is lost for them
        return json.dumps(event, default=_as_text)


def _as_text(value: object) -> str:
    return _without_secrets(str(value))
