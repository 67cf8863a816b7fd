"""How a binding pattern picks routing keys, for the transport that has no broker to ask."""

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


def _matches(pattern: Sequence[str], words: Sequence[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_matches(pattern[1:], words[n:]) for n in range(len(words) + 1))
    return bool(words) and pattern[0] in {"*", words[0]} and _matches(pattern[1:], words[1:])
