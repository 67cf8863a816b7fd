"""Prints as JSON what runs: addresses, users, and where things are seen from the host."""

import json
import os
import sys
from pathlib import Path


def cluster(number: int, nodes: int) -> dict[str, object]:
    """Everything a test needs to know about one cluster."""
    env = os.environ
    state, network = env["STATE"], f"{env['PREFIX']}.{number}"
    labels = [f"c{number}n{node}" for node in range(1, nodes + 1)]
    master = f"{state}/{labels[0]}"
    return {
        "name": f"cluster{number}.{env['DOMAIN']}",
        "rapi": f"https://{network}.1:5080",
        "rapi_host": f"{network}.1",
        "rapi_port": 5080,
        "rapi_user": env["RAPI_USER"],
        "rapi_password": env["RAPI_PASSWORD"],
        "rapi_ro_user": env["RAPI_RO_USER"],
        "rapi_ro_password": env["RAPI_RO_PASSWORD"],
        "rapi_ca": f"{master}/lib/rapi.pem",
        "queue_dir": f"{master}/lib/queue",
        "config_data": f"{master}/lib/config.data",
        "host_address": f"{network}.254",
        "hypervisor": "kvm" if env["KVM"] == "1" else "fake",
        "provider": "cyclades",
        "agent_url": "https://{node}:8799",
        "agent_token": Path(f"{master}/cyclades/storage.token").read_text("utf-8").strip(),
        "agent_ca": f"{master}/cyclades/storage.pem",
        "storage": f"{state}/c{number}-shared/cyclades",
        "addresses": {
            f"{label}.{env['DOMAIN']}": f"{network}.{10 + node}"
            for node, label in enumerate(labels, 1)
        },
        "exec": [f"{state}/gnt", f"c{number}"],
        "nodes": [f"{label}.{env['DOMAIN']}" for label in labels],
        "node_files": {f"{label}.{env['DOMAIN']}": f"{state}/{label}" for label in labels},
    }


def main(clusters: int, nodes: int) -> None:
    """Describe so many clusters of so many nodes each."""
    described = [cluster(number, nodes) for number in range(1, clusters + 1)]
    json.dump({"clusters": described}, sys.stdout, indent=1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
