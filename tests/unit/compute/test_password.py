"""Passwords of guests: made so that they can be typed, hashed as crypt(3) does it."""

import pytest

from services.compute.domain.password import GROUPS, hashed, new_password, salt_of

# From crypt(3) of glibc.
KNOWN = (
    (
        "Hello world!",
        "saltstring",
        "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ),
    (
        "a",
        "b",
        "gGrypGsRGH2Oyy7L7rke3Ap0GG5p/DwKrFOwpBXEy0ZV9TFmIGVMQjcmf4ZUJ2VERdPyNfcAl5Fo0lxKW.2Vx/",
    ),
    (
        "ü" * 70,
        "0123456789abcdef",
        "wzcx2lDBFReQJBqcHtdu.f1GmuZr1s2DyCK0ckeacTe9u3Ap0rhNdYTjxO6H.0Zi4M9UIVHYyOLIntirHT09W0",
    ),
)


@pytest.mark.parametrize(("password", "salt", "text"), KNOWN)
def test_a_hash_is_that_of_the_c_library(password: str, salt: str, text: str) -> None:
    assert hashed(password, salt) == f"$6${salt}${text}"


def test_a_salt_belongs_to_its_seed() -> None:
    assert salt_of(b"a") == salt_of(b"a") != salt_of(b"b")
    assert len(salt_of(b"a")) == 16
    assert hashed("x", salt_of(b"a")) != hashed("x", salt_of(b"b"))


def test_a_new_password_has_every_kind_of_sign() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        assert len(password) == 12
        assert all(set(password) & set(group) for group in GROUPS)
        assert not set(password) & set("0O1lI")
