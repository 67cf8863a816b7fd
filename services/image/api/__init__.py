"""The HTTP side: reads requests, calls use cases, words answers."""
