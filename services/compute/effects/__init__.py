"""Effects out: the sagas."""
