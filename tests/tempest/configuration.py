"""Writes tempest.conf for a cloud: what it has, and what it says that it can do."""

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.tempest.cloud import Cloud

Section = Mapping[str, object]
PATIENCE: Final = 120  # seconds
SECOND_IMAGE: Final = bytes(1 << 20)  # of nothing: some tests only need two that differ

# What no Ganeti can do, or what needs a way into guests that the examined cloud has not.
COMPUTE_FEATURES: Final[Section] = {
    "attach_encrypted_volume": False,
    "block_migration_for_live_migration": False,
    "change_password": False,
    "cold_migration": True,
    "config_drive": True,
    "console_output": True,
    "disk_config": True,
    "enable_instance_password": True,
    "ide_bus": False,
    "interface_attach": True,
    "live_migrate_back_and_forth": False,
    "live_migration": False,
    "metadata_service": False,
    "pause": False,
    "personality": False,
    "rescue": True,
    "resize": True,
    "serial_console": False,
    "shelve": True,
    "shelve_migrate": False,
    "snapshot": True,
    "spice_console": False,
    "stable_rescue": False,
    "suspend": False,
    "swap_volume": False,
    "unified_limits": False,
    "vnc_console": True,
    "volume_backed_live_migration": False,
    "volume_multiattach": False,
}
VOLUME_FEATURES: Final[Section] = {
    "api_extensions": "all",
    "backup": False,
    "clone": True,
    "consistency_group": False,
    "extend_attached_encrypted_volume": False,
    "extend_attached_volume": False,
    "extend_volume_with_snapshot": True,
    "manage_snapshot": False,
    "manage_volume": False,
    "multi_backend": False,
    "snapshot": True,
    "volume_revert": False,
}
IMAGE_FEATURES: Final[Section] = {
    "api_v2": True,
    "do_secure_hash": True,
    "http_store_enabled": False,
    "image_conversion": False,
    "image_format_enforcement": False,
    "import_image": True,
    "manage_locations": False,
    "os_glance_reserved": False,
}


class Missing(Exception):
    """The cloud lacks what Tempest needs to begin with."""


def write(cloud: Cloud, folder: Path) -> Path:
    """Write `tempest.conf` into a folder, and return it.

    Raises:
        Missing: too few flavors or images, or no external network.
    """
    parser = configparser.RawConfigParser()
    for name, values in sections(cloud, folder).items():
        parser[name] = {key: _spelled(value) for key, value in values.items()}
    file = folder / "tempest.conf"
    with file.open("w") as opened:
        parser.write(opened)
    file.chmod(0o600)
    return file


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def sections(cloud: Cloud, folder: Path) -> Mapping[str, Section]:
    """Return everything the file says, by section."""
    return {
        "DEFAULT": {"debug": True, "log_file": folder / "tempest.log"},
        "oslo_concurrency": {"lock_path": folder / "lock"},
        "service_available": {"swift": False, "horizon": False},
        "enforce_scope": dict.fromkeys(("nova", "neutron", "glance", "cinder", "keystone"), True),
        **_identity(cloud),
        **_compute(cloud),
        **_image(cloud),
        **_network(cloud),
        **_volume(cloud),
        "validation": {"run_validation": False},
    }


def _identity(cloud: Cloud) -> Mapping[str, Section]:
    who = cloud.who
    return {
        "auth": {
            "use_dynamic_credentials": True,
            "create_isolated_networks": True,
            "tempest_roles": "member",
            "admin_username": who.username,
            "admin_password": who.password,
            "admin_project_name": who.project_name,
            "admin_domain_name": "Default",
            "default_credentials_domain_name": "Default",
        },
        "identity": {
            "uri": who.auth_url,
            "uri_v3": who.auth_url,
            "auth_version": "v3",
            "region": who.region,
            "v3_endpoint_type": "public",
        },
        "identity-feature-enabled": {"api_v2": False, "api_v2_admin": False, "api_v3": True},
    }


def _compute(cloud: Cloud) -> Mapping[str, Section]:
    flavors = cloud.get("compute", "/flavors/detail")["flavors"]
    first, second = _two("flavor", sorted(flavors, key=lambda each: (each["ram"], each["disk"])))
    images = cloud.get("image", "/v2/images?status=active&visibility=public")["images"]
    if len(images) == 1:
        images.append(cloud.add_image("tempest-other", SECOND_IMAGE))
    image, other = _two("public image", sorted(images, key=lambda each: each["size"]))
    least, most = cloud.microversions("compute")
    nodes = cloud.get("compute", "/os-hypervisors")["hypervisors"]
    return {
        "compute": {
            "region": cloud.who.region,
            "image_ref": image,
            "image_ref_alt": other,
            "flavor_ref": first,
            "flavor_ref_alt": second,
            "min_compute_nodes": min(len(nodes), 2),
            "min_microversion": least,
            "max_microversion": most,
            "build_timeout": PATIENCE,
            "build_interval": 1,
            "volume_device_name": "vdb",
        },
        "compute-feature-enabled": COMPUTE_FEATURES,
    }


def _two(what: str, found: list[dict[str, Any]]) -> tuple[str, str]:
    if not found:
        raise Missing(f"The cloud has no {what}; Tempest needs one, and better two.")
    return str(found[0]["id"]), str(found[min(1, len(found) - 1)]["id"])


def _image(cloud: Cloud) -> Mapping[str, Section]:
    return {
        "image": {"region": cloud.who.region, "build_timeout": PATIENCE},
        "image-feature-enabled": IMAGE_FEATURES,
    }


def _network(cloud: Cloud) -> Mapping[str, Section]:
    external = cloud.get("network", "/v2.0/networks?router:external=true")["networks"]
    if not external:
        raise Missing("The cloud has no external network; Tempest needs one.")
    extensions = cloud.get("network", "/v2.0/extensions")["extensions"]
    aliases = ",".join(sorted(each["alias"] for each in extensions))
    return {
        "network": {
            "region": cloud.who.region,
            "public_network_id": external[0]["id"],
            "floating_network_name": external[0]["name"],
            "project_network_cidr": "10.100.0.0/16",
            "project_network_mask_bits": 28,
            "build_timeout": PATIENCE,
        },
        "network-feature-enabled": {
            "api_extensions": aliases,
            "available_features": aliases,
            "ipv6": True,
            "ipv6_subnet_attributes": True,
            "floating_ips": True,
            "port_security": "port-security" in aliases,
        },
    }


def _volume(cloud: Cloud) -> Mapping[str, Section]:
    base = urlsplit(cloud.endpoints["volume"])
    listed = cloud.http.get(f"{base.scheme}://{base.netloc}/").json()["versions"]
    version = next(each for each in listed if each["id"] == "v3.0")
    return {
        "volume": {
            "region": cloud.who.region,
            "catalog_type": "block-storage",
            "volume_size": 1,
            "volume_size_extend": 1,
            "disk_format": "raw",
            "storage_protocol": "ganeti",
            "vendor_name": "Open Source",
            "build_timeout": PATIENCE,
            "min_microversion": version["min_version"],
            "max_microversion": version["version"],
        },
        "volume-feature-enabled": VOLUME_FEATURES,
    }
