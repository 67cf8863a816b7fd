"""RAPI's errors and their envelope."""

import html
from http import HTTPStatus
from typing import Any


class HttpError(Exception):
    """An answer that is not 200."""

    def __init__(self, code: int, message: str | None = None, **headers: str) -> None:
        super().__init__(message or HTTPStatus(code).phrase)
        self.code = code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def body(self) -> dict[str, Any]:
        """The envelope; the message is HTML-escaped, as the real one's is."""
        return {
            "code": self.code,
            "message": html.escape(str(self)),
            "explain": HTTPStatus(self.code).description,
        }


def bad_request(message: str) -> HttpError:
    """400."""
    return HttpError(400, message)


def trouble(message: str) -> HttpError:
    """500: what the real daemon does with any exception."""
    return HttpError(500, message)
