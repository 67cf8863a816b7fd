"""The watcher's tests run one on a simulated cluster."""

from tests.parts.watching import engine, rapi, simulator, transaction, watched

__all__ = ["engine", "rapi", "simulator", "transaction", "watched"]
