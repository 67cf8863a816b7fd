"""How a binding pattern picks routing keys, where there is no broker to ask."""

import re
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=4096)
def matches(pattern: str, routing_key: str) -> bool:
    """Whether a topic exchange would route the key to a queue bound with the pattern.

    Args:
        pattern: words with dots between them; ``*`` is any one word, ``#`` any number of words.
        routing_key: the words a message was published under.
    """
    return _matches(pattern.split("."), routing_key.split("."))


def as_expression(pattern: str) -> str:
    """Return the pattern as a regular expression, of Python and of PostgreSQL.

    It is one of routing keys with a dot put before them: every word has one then.
    """
    return "^" + "".join(map(_of_word, pattern.split("."))) + "$"


def _of_word(word: str) -> str:
    if word == "#":
        return r"(\.[^.]*)*"
    return r"\.[^.]*" if word == "*" else r"\." + re.escape(word)


def _matches(pattern: Sequence[str], words: Sequence[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_matches(pattern[1:], words[n:]) for n in range(len(words) + 1))
    return bool(words) and pattern[0] in {"*", words[0]} and _matches(pattern[1:], words[1:])
