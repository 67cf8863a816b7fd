#!/bin/bash
#
# Start real Ganeti clusters on this Debian machine, for tests. What runs already is left alone.
#
#   ganeti-up.sh [--clusters N] [--nodes M] [--state DIR] [--prefix A.B] [--domain NAME]
#                [--kvm] [--no-install]
#
#   --clusters N    independent clusters                            (default 1)
#   --nodes M       nodes in each of them                           (default 1)
#   --state DIR     everything is kept here                         (default /srv/cyclades-ganeti)
#   --prefix A.B    cluster C lives in A.B.C.0/24                   (default 10.213)
#   --domain NAME   suffix of the invented host names               (default gnt.test)
#   --kvm           real guests (emulated where the machine cannot do better), template ext first
#   --no-install    fail when packages are missing instead of calling apt-get
#
# DIR/clusters.json says what runs; DIR/gnt c1 COMMAND... runs a command inside a node.
# How it works is told in README.md beside this file's folder.
set -euo pipefail

HERE=$(dirname "$(readlink -f "$0")")
CLUSTERS=1 NODES=1 STATE=/srv/cyclades-ganeti PREFIX=10.213 DOMAIN=gnt.test INSTALL=1 KVM=0
RAPI_USER=${RAPI_USER:-cyclades} RAPI_PASSWORD=${RAPI_PASSWORD:-cyclades-secret}
RAPI_RO_USER=${RAPI_RO_USER:-reader} RAPI_RO_PASSWORD=${RAPI_RO_PASSWORD:-reader-secret}

say() { printf '%s ganeti-up: %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
die() { say "ERROR: $*"; exit 1; }
usage() { sed -n '3,18s/^# \{0,1\}//p' "$0"; }

while [ $# -gt 0 ]; do
  case $1 in
    --clusters) CLUSTERS=$2; shift 2 ;;
    --nodes) NODES=$2; shift 2 ;;
    --state) STATE=$2; shift 2 ;;
    --prefix) PREFIX=$2; shift 2 ;;
    --domain) DOMAIN=$2; shift 2 ;;
    --kvm) KVM=1; shift ;;
    --no-install) INSTALL=0; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "unknown option: $1" >&2; usage >&2; exit 2 ;;
  esac
done
[ "$(id -u)" = 0 ] || die "only root can make network namespaces: run this as root"
command -v apt-get >/dev/null || die "this needs Debian and its Ganeti packages"

# No pyenv and no virtualenv may come before Debian's Python.
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
mkdir -p "$STATE"; STATE=$(readlink -f "$STATE")
export STATE PREFIX DOMAIN KVM RAPI_USER RAPI_PASSWORD RAPI_RO_USER RAPI_RO_PASSWORD
exec 9>"$STATE/.lock"
flock -w 600 9 || die "another ganeti-up.sh or ganeti-down.sh holds $STATE/.lock"

. "$HERE/lib/packages.sh"
. "$HERE/lib/nodes.sh"
. "$HERE/lib/clusters.sh"
. "$HERE/lib/storage.sh"

install_packages
cp "$HERE/node/gnt" "$STATE/gnt"
"$HERE/../storage/install.sh" --root "$STATE/software"
for c in $(seq "$CLUSTERS"); do
  host_bridge "$c"
  for n in $(seq "$NODES"); do node_files "$c" "$n"; start_node "$c" "$n"; done
done
workers=()
for c in $(seq "$CLUSTERS"); do (cluster_up "$c") & workers+=($!); done
failed=0
for worker in "${workers[@]}"; do wait "$worker" || failed=1; done
[ $failed = 0 ] || die "a cluster did not come up"
(umask 077; /usr/bin/python3 -I "$HERE/describe.py" "$CLUSTERS" "$NODES" >"$STATE/clusters.json.new")
mv "$STATE/clusters.json.new" "$STATE/clusters.json"
for c in $(seq "$CLUSTERS"); do say "cluster $c answers at https://$PREFIX.$c.1:5080"; done
