"""What a guest finds on its config drive."""

import base64
import json
from typing import Any

import pytest

from services.compute.domain.config_drive import config_drive, meta_data, vendor_data
from services.compute.domain.devices import BlockDevice
from services.compute.domain.guest import Guest, GuestFile, GuestKey, require_files_within
from services.compute.domain.network_data import network_data
from services.compute.domain.password import hashed, salt_of
from services.compute.domain.quota import DEFAULTS, QuotaExceeded
from services.compute.domain.server import FixedIp, Nic
from tests.unit.compute.making import IDENT, a_server

ENTROPY = bytes(range(64))
ANYWHERE = "0.0.0.0"  # noqa: S104  # nothing binds to it
KEY = GuestKey(name="mine", type="ssh", public_key="ssh-ed25519 AAAA mine")


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_the_guest_learns_who_it_is() -> None:
    server = a_server(details={"role": "web"}, hostname="web-1.example")
    told = meta_data(server, Guest(key=KEY), ENTROPY)
    assert told == {
        "uuid": str(IDENT),
        "name": "web-1",
        "hostname": "web-1.example",
        "launch_index": 0,
        "availability_zone": "az1",
        "project_id": "d" * 32,
        "random_seed": base64.b64encode(ENTROPY).decode(),
        "devices": [],
        "dedicated_cpus": [],
        "meta": {"role": "web"},
        "public_keys": {"mine": KEY.public_key},
        "keys": [{"name": "mine", "type": "ssh", "data": KEY.public_key}],
    }


def test_tagged_devices_are_told() -> None:
    nic = Nic(port_id="p1", network_id="n1", network_name="x", mac="fa:16:3e:00:00:05", tag="red")
    volume = BlockDevice(id="d1", volume_id="v1", tag="data")
    told = meta_data(a_server(nics=(nic,), volumes=(volume,)), Guest(), ENTROPY)
    assert [(each["type"], each["tags"]) for each in told["devices"]] == [
        ("nic", ["red"]), ("disk", ["data"]),
    ]  # fmt: skip


def test_only_the_hash_of_the_password_is_told() -> None:
    guest = Guest(admin_password="open sesame")
    told = vendor_data(guest, ENTROPY)["cloud-init"]
    assert told.startswith("#cloud-config\n")
    config = json.loads(told.removeprefix("#cloud-config\n"))
    assert config == {
        "password": hashed("open sesame", salt_of(ENTROPY)),
        "chpasswd": {"expire": False},
    }
    drive = config_drive(a_server(), guest, {}, ENTROPY)
    assert not any(b"open sesame" in content for content in drive.values())
    assert vendor_data(Guest(), ENTROPY) == {}


def test_files_and_user_data_are_on_the_drive() -> None:
    files = (GuestFile(path="/etc/motd", content=base64_of("hi")), GuestFile(path="/x", content=""))
    guest = Guest(user_data=base64_of("#!/bin/sh\n"), files=files)
    drive = config_drive(a_server(), guest, {}, ENTROPY)
    assert drive["openstack/latest/user_data"] == b"#!/bin/sh\n"
    assert drive["openstack/content/0000"] == b"hi"
    assert json.loads(drive["openstack/latest/meta_data.json"])["files"] == [
        {"path": "/etc/motd", "content_path": "/content/0000"},
        {"path": "/x", "content_path": "/content/0001"},
    ]
    assert "openstack/latest/user_data" not in config_drive(a_server(), Guest(), {}, ENTROPY)


def test_what_a_guest_is_told_comes_back_out_of_its_text() -> None:
    guest = Guest(user_data="eA==", admin_password="p", files=(GuestFile(path="/x", content=""),),
                  key=KEY)  # fmt: skip
    assert Guest.from_json(guest.to_json()) == guest
    assert Guest.from_json('{"user_data": null, "admin_password": "p"}').admin_password == "p"
    assert guest.lasting() == Guest(user_data="eA==", key=KEY)
    assert "password='p'" not in repr(guest)


def a_nic(**changes: Any) -> Nic:
    fields: dict[str, Any] = {
        "port_id": "0123456789abcdef",
        "network_id": "n1",
        "network_name": "private",
        "mac": "fa:16:3e:00:00:05",
    }
    return Nic(**(fields | changes))


FOUR = {
    "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1", "dns_nameservers": ["9.9.9.9"],
    "host_routes": [{"destination": "172.16.0.0/12", "nexthop": "10.0.0.9"}],
}  # fmt: skip
SIX = {"cidr": "2001:db8::/64", "gateway_ip": "2001:db8::1", "dns_nameservers": ["2620:fe::fe"]}


def test_addresses_are_static() -> None:
    nic = a_nic(
        fixed_ips=(
            FixedIp(address="10.0.0.5", subnet_id="four"),
            FixedIp(address="2001:db8::5", subnet_id="six"),
        )
    )
    told = network_data([nic], {"four": FOUR, "six": SIX}, {"n1": {"mtu": 1450}})
    assert told["links"] == [
        {
            "id": "tap0123456789a",
            "vif_id": "0123456789abcdef",
            "type": "phy",
            "mtu": 1450,
            "ethernet_mac_address": "fa:16:3e:00:00:05",
        }
    ]
    four, six = told["networks"]
    assert four == {
        "id": "network0",
        "type": "ipv4",
        "link": "tap0123456789a",
        "ip_address": "10.0.0.5",
        "netmask": "255.255.255.0",
        "routes": [
            {"network": ANYWHERE, "netmask": ANYWHERE, "gateway": "10.0.0.1"},
            {"network": "172.16.0.0", "netmask": "255.240.0.0", "gateway": "10.0.0.9"},
        ],
        "network_id": "n1",
        "services": [{"type": "dns", "address": "9.9.9.9"}],
    }
    assert (six["type"], six["netmask"]) == ("ipv6", "ffff:ffff:ffff:ffff::")
    assert six["routes"] == [{"network": "::", "netmask": "::", "gateway": "2001:db8::1"}]
    assert [each["address"] for each in told["services"]] == ["9.9.9.9", "2620:fe::fe"]


def test_a_nic_without_addresses_is_a_link() -> None:
    told = network_data([a_nic(), a_nic(fixed_ips=(FixedIp(address="10.0.0.5"),))], {}, {})
    assert (len(told["links"]), told["networks"]) == (2, [])
    assert told["links"][0]["mtu"] is None


@pytest.mark.parametrize(
    "files",
    [
        [GuestFile(path="/x", content="")] * 6,
        [GuestFile(path="/x", content="A" * 20000)],
        [GuestFile(path="é" * 200, content="")],
    ],
    ids=["too many", "too long", "too deep"],
)
def test_files_are_limited(files: list[GuestFile]) -> None:
    with pytest.raises(QuotaExceeded, match="Personality file"):
        require_files_within(files, DEFAULTS)
    require_files_within(files, dict.fromkeys(DEFAULTS, -1))


def test_ordinary_files_are_within_limits() -> None:
    require_files_within([GuestFile(path="/etc/motd", content=base64_of("x" * 10240))], DEFAULTS)
