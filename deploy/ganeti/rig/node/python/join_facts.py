"""Prints on the master what a new node must be told to join, which gnt-node sends by SSH.

Runs inside a node under Debian's Python, with Ganeti's own modules; the argument is the name of
the new node.
"""

import json
import sys

sys.path.insert(0, "/usr/share/ganeti/default")
from ganeti import constants, pathutils, ssconf, utils

store = ssconf.SimpleStore()
json.dump(
    {
        constants.NDS_CLUSTER_NAME: store.GetClusterName(),
        constants.NDS_NODE_DAEMON_CERTIFICATE: utils.ReadFile(pathutils.NODED_CERT_FILE),
        constants.NDS_HMAC: utils.ReadFile(pathutils.CONFD_HMAC_KEY),
        constants.NDS_SSCONF: store.ReadAll(),
        constants.NDS_START_NODE_DAEMON: True,
        constants.NDS_NODE_NAME: sys.argv[1],
    },
    sys.stdout,
)
