"""Keeps secrets at rest unreadable: Fernet with key rotation."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SecretUnreadable(Exception):
    """The secret was sealed with a key that is not among ours."""


class SecretBox:
    """Seals and opens small secrets.

    Args:
        keys: Fernet keys, comma separated, newest first: the first seals, all open.

    Raises:
        ValueError: no key, or not a Fernet key (32 url-safe base64 bytes).
    """

    def __init__(self, keys: str) -> None:
        known = [Fernet(key.strip()) for key in keys.split(",")]
        self._newest = known[0]
        self._fernet = MultiFernet(known)

    def seal(self, secret: str) -> str:
        """Return the secret, sealed, fit for a text column."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed.

        Raises:
            SecretUnreadable: no key of ours opens it.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as unreadable:
            raise SecretUnreadable("no key opens this secret") from unreadable

    def encrypt(self, data: bytes) -> bytes:
        """Return bytes as only the holder of our key can read them."""
        return self._fernet.encrypt(data)

    def decrypt(self, token: bytes) -> bytes:
        """Return what was encrypted.

        Raises:
            SecretUnreadable: no key of ours opens it.
        """
        try:
            return self._fernet.decrypt(token)
        except InvalidToken as unreadable:
            raise SecretUnreadable("no key opens this secret") from unreadable

    def rotate(self, sealed: str) -> str:
        """Return the secret sealed anew with the newest key."""
        return self._fernet.rotate(sealed.encode()).decode()

    def is_newest(self, sealed: str) -> bool:
        """Whether the secret was sealed with the newest key: then older ones may go."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True
