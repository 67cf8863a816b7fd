"""Takes in, makes and deletes keypairs; a user may have so many."""

from dataclasses import dataclass

from services.compute.domain.keypair import (
    Keypair,
    KeypairTaken,
    KeyType,
    TooManyKeypairs,
    fingerprint_of,
    keypair_not_found,
)
from services.compute.domain.quota import over
from services.compute.store.stores import Transaction
from services.compute.usecases.key_generation import new_key
from shared.clock import utcnow

RESOURCE = "key_pairs"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeypairRequest:
    """A keypair to have; without a public key a new one is made."""

    user_id: str
    project_id: str  # whose limits count
    name: str
    type: KeyType
    public_key: str | None


async def create(transaction: Transaction, request: KeypairRequest) -> tuple[Keypair, str | None]:
    """Add a keypair; return it, and the private key if one was made.

    Raises:
        BadInput: the public key is none.
        KeypairTaken: the user has one of that name.
        TooManyKeypairs: the user has as many as they may.
    """
    private_key, public_key = None, request.public_key
    if public_key is None:
        made = await new_key(request.type, request.user_id)
        private_key, public_key = made.private_key, made.public_key
    wanted = Keypair(
        user_id=request.user_id,
        name=request.name,
        type=request.type,
        public_key=public_key,
        fingerprint=fingerprint_of(request.type, public_key),
        created_at=utcnow(),
    )
    async with transaction() as stores:
        await stores.usage.lock(request.user_id, RESOURCE)
        used = {RESOURCE: await stores.keypairs.count(request.user_id)}
        limits = await stores.usage.limits(request.project_id, [RESOURCE], request.user_id)
        if over({RESOURCE: 1}, used, limits):
            raise TooManyKeypairs("Quota exceeded, too many key pairs.")
        added = await stores.keypairs.add(wanted)
        if added is None:
            raise KeypairTaken(f"Key pair '{request.name}' already exists.")
    return added, private_key


async def delete(transaction: Transaction, user_id: str, name: str) -> None:
    """Delete a keypair; servers keep what they were given.

    Raises:
        NotFound: the user has none of that name.
    """
    async with transaction() as stores:
        if not await stores.keypairs.delete(user_id, name):
            raise keypair_not_found(name, user_id)
