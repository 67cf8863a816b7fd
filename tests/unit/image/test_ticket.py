"""Signed addresses: only what was signed is believed, and only for its time."""

from uuid import UUID

import pytest

from services.image.domain.ticket import Signer, TicketRefused
from shared.ids import ImageId

IMAGE = ImageId(UUID(int=1))
OTHER = ImageId(UUID(int=2))
SHA512 = "ab" * 64


def is_believed(signer: Signer, signature: str, *, expires: str = "100", now: float = 50.0) -> bool:
    try:
        signer.check(IMAGE, SHA512, expires, signature, now)
    except TicketRefused:
        return False
    return True


def test_a_signature_is_good_until_its_last_second() -> None:
    signer = Signer(["key"])
    signature = signer.sign(IMAGE, SHA512, 100)
    assert is_believed(signer, signature, now=100.0)
    assert not is_believed(signer, signature, now=100.1)


def test_a_signature_of_an_older_key_is_good_until_the_key_goes() -> None:
    signature = Signer(["old"]).sign(IMAGE, SHA512, 100)
    assert is_believed(Signer(["new", " old "]), signature)
    assert not is_believed(Signer(["new"]), signature)
    assert Signer(["new", "old"]).sign(IMAGE, SHA512, 100) == Signer(["new"]).sign(
        IMAGE, SHA512, 100
    )


@pytest.mark.parametrize(
    "signed", [(OTHER, SHA512, 100), (IMAGE, "cd" * 64, 100), (IMAGE, SHA512, 101)]
)
def test_a_signature_of_something_else_is_not_believed(signed: tuple[ImageId, str, int]) -> None:
    signer = Signer(["key"])
    assert not is_believed(signer, signer.sign(*signed))


@pytest.mark.parametrize("expires", ["", "x", "-1", "1e3", "٣", "9" * 13, " 100"])
def test_an_expiry_that_is_no_number_is_not_believed(expires: str) -> None:
    signer = Signer(["key"])
    assert not is_believed(signer, signer.sign(IMAGE, SHA512, 100), expires=expires)


@pytest.mark.parametrize("signature", ["", "é", "\udc80", "0" * 64])
def test_anything_may_be_given_as_a_signature(signature: str) -> None:
    assert not is_believed(Signer(["key"]), signature)
