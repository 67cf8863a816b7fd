"""Structured logs: one JSON object a line, secrets cut out, the request id on every line.

Everything goes through the standard library's logging, so that what libraries log is JSON too.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.contextvars import bound_contextvars, get_contextvars, merge_contextvars

from shared.redaction import redacted

Event = MutableMapping[str, Any]

# What the standard library's and aiohttp's chatter is worth in production.
QUIET: Final = {"asyncio": logging.WARNING, "httpx": logging.WARNING, "httpcore": logging.WARNING}


def configure(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line of this process to the stream as JSON.

    Args:
        service: what the lines say under ``service``, unless the context says otherwise.
        level: the least level that is written.
        stream: where to write; standard error if absent.
    """
    shared = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _service(service),
        redact,
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:3],
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared[4:],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module; it takes the event and its facts as keywords."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


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
    clean = redacted(event)
    return clean if isinstance(clean, dict) else event


def _service(name: str) -> structlog.types.Processor:
    def add(_logger: Any, _method: str, event: Event) -> Event:
        event.setdefault("service", name)
        return event

    return add


def _render(_logger: Any, _method: str, event: Mapping[str, Any]) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
