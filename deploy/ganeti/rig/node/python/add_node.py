"""Takes a node that was told everything into the cluster; the argument is its name.

Runs on the master under Debian's Python, with Ganeti's own modules.
"""

import sys

sys.path.insert(0, "/usr/share/ganeti/default")
from ganeti import cli, opcodes

cli.SubmitOpCode(
    opcodes.OpNodeAdd(node_name=sys.argv[1], secondary_ip=None, readd=False, node_setup=False)
)
