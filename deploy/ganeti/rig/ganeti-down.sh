#!/bin/bash
#
# Stop the clusters that ganeti-up.sh started and forget them.
#
#   ganeti-down.sh [--state DIR] [--keep]
#
#   --keep   keep their configuration and job queue: the next ganeti-up.sh starts them again
#
# Ends only what ganeti-up.sh wrote down: PID 1 of each node, known by its number and its start
# time. The kernel ends everything else in its PID namespace with it.
set -euo pipefail

HERE=$(dirname "$(readlink -f "$0")")
STATE=/srv/cyclades-ganeti KEEP=0
while [ $# -gt 0 ]; do
  case $1 in
    --state) STATE=$2; shift 2 ;;
    --keep) KEEP=1; shift ;;
    *) sed -n '3,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
say() { printf '%s ganeti-down: %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
[ -d "$STATE" ] || exit 0
STATE=$(readlink -f "$STATE")
[ -e "$STATE/.lock" ] || { say "$STATE was not made by ganeti-up.sh"; exit 1; }
exec 9>"$STATE/.lock"
flock -w 600 9 || { say "another ganeti-up.sh holds $STATE/.lock"; exit 1; }
. "$HERE/lib/nodes.sh"

stop_node() { # ROOT
  local pid label=${1##*/}
  if node_alive "$1"; then
    read -r pid _ <"$1/init.pid"
    # In order, so that running jobs reach the disk.
    [ $KEEP = 0 ] || timeout 60 "$STATE/gnt" "$label" /usr/lib/ganeti/daemon-util stop-all 9>&- || true
    kill -KILL "$pid" 2>/dev/null || true
    for _ in $(seq 100); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
    [ ! -d "/proc/$pid" ] || say "process $pid of node $label does not end"
  fi
  rm -f "$1/init.pid" "$1/.ready"
}

for root in "$STATE"/c*n*; do
  [ ! -d "$root" ] || stop_node "$root"
done
losetup -n -O NAME,BACK-FILE -l 2>/dev/null | while read -r device file; do
  case $file in "$STATE"/*) losetup -d "$device" || true ;; esac
done
if [ -e "$STATE/bridges" ]; then
  while read -r name; do
    for port in "/sys/class/net/$name/brif"/*; do   # the kernel would remove them, but later
      ip link del "${port##*/}" 2>/dev/null || true
    done
    [ ! -d "/sys/class/net/$name/bridge" ] || ip link del "$name"
  done <"$STATE/bridges"
  rm -f "$STATE/bridges"
fi
[ $KEEP = 0 ] || exit 0
# Nothing is mounted below: the bind mounts were private to the namespaces.
rm -rf --one-file-system "$STATE"/c*n* "$STATE"/c*-shared "$STATE/software" \
  "$STATE"/clusters.json* \
  "$STATE/apt.log" "$STATE/gnt" "$STATE/.lock"
rmdir "$STATE" 2>/dev/null || true
