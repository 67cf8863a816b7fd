"""Keypairs of users: taken in, made, shown to nobody else."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_private_key,
)
from cryptography.x509 import load_pem_x509_certificate

from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import Answer, Json, Rig

# Made once for this test, its fingerprint told by `ssh-keygen -l -E md5`.
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMhHtw/jX62tSCI2HLEVEtbi/JPG1v5bXcOaeXG+l9iU somebody\n"
USER = "u" * 32
OTHER_USER = "v" * 32


async def make(rig: Rig, name: str = "k", *, mv: str = "2.96", **fields: Any) -> Answer:
    body = {"keypair": {"name": name, "public_key": KEY} | fields}
    return await rig.call("POST", "/os-keypairs", body, mv=mv)


def texts_of(*keys: Any) -> list[str]:
    return [key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() for key in keys]


async def test_a_keypair_is_kept_to_the_letter(bare: Rig) -> None:
    made = await make(bare)
    expected = {
        "name": "k",
        "type": "ssh",
        "public_key": KEY,
        "fingerprint": "69:29:45:9d:ca:d3:11:33:99:c6:9b:33:01:50:ce:df",
        "user_id": USER,
    }
    assert (made.status, made.body) == (201, {"keypair": expected})
    shown = (await bare.get("/os-keypairs/k", mv="2.96"))["keypair"]
    assert isinstance(shown.pop("id"), int)
    assert len(shown.pop("created_at")) == len("2026-01-02T03:04:05.000000")
    assert shown == expected | {"updated_at": None, "deleted": False, "deleted_at": None}


async def test_before_2_2_there_are_no_types_and_other_codes(bare: Rig) -> None:
    assert (await make(bare, mv="2.1", type="ssh")).status == 400
    made = await make(bare, mv="2.1")
    assert made.status == 200
    assert "type" not in made.body["keypair"]
    [listed] = (await bare.get("/os-keypairs"))["keypairs"]
    assert set(listed["keypair"]) == {"name", "public_key", "fingerprint"}
    assert "type" not in (await bare.get("/os-keypairs/k"))["keypair"]
    assert (await bare.call("DELETE", "/os-keypairs/k")).status == 202
    await make(bare)
    assert (await bare.call("DELETE", "/os-keypairs/k", mv="2.2")).status == 204
    assert (await bare.call("DELETE", "/os-keypairs/k", mv="2.2")).status == 404


async def test_a_key_is_made_for_whoever_sends_none(bare: Rig) -> None:
    made = await bare.call("POST", "/os-keypairs", {"keypair": {"name": "new"}})
    assert made.status == 200
    private = load_ssh_private_key(made.body["keypair"]["private_key"].encode(), None)
    [public] = texts_of(private.public_key())
    assert made.body["keypair"]["public_key"].startswith(public)
    shown = (await bare.get("/os-keypairs/new"))["keypair"]
    assert "private_key" not in shown
    assert shown["fingerprint"] == made.body["keypair"]["fingerprint"]
    [row] = await bare.sql("SELECT keypairs::text AS everything FROM keypairs")
    assert "PRIVATE" not in row["everything"]


async def test_a_certificate_is_made_and_taken_in(bare: Rig) -> None:
    wanted = {"keypair": {"name": "w", "type": "x509"}}
    made = await bare.call("POST", "/os-keypairs", wanted, mv="2.2")
    assert made.status == 201
    pem = made.body["keypair"]["public_key"]
    assert load_pem_x509_certificate(pem.encode()).subject.rfc4514_string() == f"CN={USER}"
    assert made.body["keypair"]["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    taken = await make(bare, "again", type="x509", public_key=pem)
    assert taken.body["keypair"]["fingerprint"] == made.body["keypair"]["fingerprint"]
    assert taken.body["keypair"]["type"] == "x509"


async def test_since_2_92_a_public_key_must_be_sent(bare: Rig) -> None:
    answer = await bare.call("POST", "/os-keypairs", {"keypair": {"name": "new"}}, mv="2.92")
    assert answer.status == 400
    assert answer.body["badRequest"]["message"] == "'public_key' is a required property"
    assert (await make(bare, "me@example.org", mv="2.92")).status == 201
    assert (await make(bare, "you@example.org", mv="2.91")).status == 400
    assert (await bare.call("GET", "/os-keypairs/me@example.org")).status == 200


async def test_every_kind_of_ssh_key_is_taken_but_dsa(bare: Rig) -> None:
    curves = [
        ec.generate_private_key(curve).public_key() for curve in (ec.SECP256R1(), ec.SECP521R1())
    ]
    keys = texts_of(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
        *curves,
    )
    for number, key in enumerate(keys):
        assert (await make(bare, f"k{number}", public_key=key)).status == 201
    broken = "ssh-dss " + KEY.split()[1]
    assert (await make(bare, "dsa", public_key=broken)).status == 400


async def test_a_name_is_taken_once_by_each_user(bare: Rig) -> None:
    assert (await make(bare)).status == 201
    again = await make(bare)
    assert again.body["conflictingRequest"]["message"] == "Key pair 'k' already exists."
    body = {"keypair": {"name": "k", "public_key": KEY, "user_id": OTHER_USER}}
    for_other = await bare.call("POST", "/os-keypairs", body, who="admin", mv="2.10")
    assert for_other.status == 201
    assert for_other.body["keypair"]["user_id"] == OTHER_USER


async def test_only_administrators_see_other_users_keypairs(bare: Rig) -> None:
    body = {"keypair": {"name": "theirs", "public_key": KEY, "user_id": OTHER_USER}}
    assert (await bare.call("POST", "/os-keypairs", body, mv="2.10")).status == 403
    await bare.call("POST", "/os-keypairs", body, who="admin", mv="2.10")
    foreign = f"?user_id={OTHER_USER}"
    refused = [
        ("GET", f"/os-keypairs{foreign}", None),
        ("GET", f"/os-keypairs/theirs{foreign}", None),
        ("DELETE", f"/os-keypairs/theirs{foreign}", None),
    ]
    assert await answered_otherwise(bare, 403, refused, mv="2.10") == []
    own = [("GET", "/os-keypairs/theirs", None), ("DELETE", "/os-keypairs/theirs", None)]
    assert await answered_otherwise(bare, 404, own, mv="2.10") == []
    listed = await bare.get(f"/os-keypairs{foreign}", who="admin", mv="2.10")
    assert [each["keypair"]["name"] for each in listed["keypairs"]] == ["theirs"]
    assert (await bare.get(f"/os-keypairs{foreign}", who="admin", mv="2.9"))["keypairs"] == []
    gone = await bare.call("DELETE", f"/os-keypairs/theirs{foreign}", who="admin", mv="2.10")
    assert gone.status == 204


async def test_lists_are_paged_by_name_since_2_35(bare: Rig) -> None:
    for name in ("c", "a", "b"):
        await make(bare, name)

    async def listed(query: str, mv: str = "2.35") -> tuple[list[str], Json]:
        body = await bare.get(f"/os-keypairs{query}", mv=mv)
        return [each["keypair"]["name"] for each in body["keypairs"]], body

    names, body = await listed("?limit=2")
    assert names == ["a", "b"]
    href = body["keypairs_links"][0]["href"]
    assert href.endswith("/os-keypairs?limit=2&marker=b")
    names, body = await listed("?limit=2&marker=b")
    assert (names, "keypairs_links" in body) == (["c"], False)
    assert (await listed("?limit=1", mv="2.34"))[0] == ["a", "b", "c"]
    wrong = [
        ("GET", f"/os-keypairs?{query}", None) for query in ("marker=x", "limit=-1", "marker=%00")
    ]
    assert await answered_otherwise(bare, 400, wrong, mv="2.35") == []
    assert (await bare.call("GET", "/os-keypairs?colour=1", mv="2.75")).status == 400


async def test_a_user_may_have_so_many(bare: Rig) -> None:
    await bare.sql(
        'INSERT INTO quotas (project_id, user_id, resource, "limit")'
        " VALUES ($1, '', 'key_pairs', 1) RETURNING 1",
        "d" * 32,
    )
    await make(bare, "one")
    refused = await make(bare, "two")
    assert refused.status == 403
    assert refused.body["forbidden"]["message"] == "Quota exceeded, too many key pairs."


async def test_keypairs_that_make_no_sense_are_refused(bare: Rig) -> None:
    nonsense: Json = {
        "name": ["", " k", "k" * 256, "k" * 10_000, "a/b", "a\u0000", "ü", 5, None, "a.b", "a\nb"],
        "public_key": ["", "x", None, 5, "ssh-rsa", "ssh-rsa AAAA", "ssh-ed25519 " + "A" * 10_000,
                       KEY + KEY, "x\u0000", 'command="x" ' + KEY, "ü ü"],
        "type": ["rsa", None, 5, ""],
        "user_id": [5],
        "colour": ["red"],
    }  # fmt: skip
    calls = [
        ("POST", "/os-keypairs", {"keypair": {"name": "k", "public_key": KEY} | {name: value}})
        for name, values in nonsense.items()
        for value in values
    ]
    certificate = {"name": "k", "type": "x509", "public_key": KEY}
    calls += [("POST", "/os-keypairs", body) for body in ({}, {"keypair": certificate})]
    assert await answered_otherwise(bare, 400, calls, mv="2.91") == []
    assert await bare.sql("SELECT 1 FROM keypairs") == []
    names = [("GET", f"/os-keypairs/{name}", None) for name in ("%00", "x" * 3000, "%F0%9F%92%A9")]
    assert await answered_otherwise(bare, 404, names) == []


async def test_reading_takes_one_statement(bare: Rig) -> None:
    await make(bare, "a")
    await make(bare, "b")
    assert await bare.statements_of(lambda: bare.get("/os-keypairs")) == 1
    assert await bare.statements_of(lambda: bare.get("/os-keypairs/a")) == 1
