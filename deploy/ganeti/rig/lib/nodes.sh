# shellcheck shell=bash
# Nodes: their files, their namespaces and their link to the host.
#
# Needs: HERE, STATE, PREFIX, DOMAIN, NODES, say, die. A node is named by its label, cCnM.

node_name() { echo "c$1n$2.$DOMAIN"; }
node_address() { echo "$PREFIX.$1.$((10 + $2))"; }
bridge() { echo "g${PREFIX#*.}-$1"; }   # with "nM" behind it still at most 15 characters

started_at() { awk '{sub(/.*\) /, ""); print $20}' "/proc/$1/stat" 2>/dev/null; }

# Is the PID 1 that was written down still that process, and not another with its number?
node_alive() { # ROOT
  local pid start
  [ -s "$1/init.pid" ] || return 1
  read -r pid start <"$1/init.pid"
  [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

hosts_file() { # CLUSTER
  local n
  echo "127.0.0.1 localhost"
  echo "$PREFIX.$1.1 cluster$1.$DOMAIN cluster$1"
  for n in $(seq "$NODES"); do echo "$(node_address "$1" "$n") $(node_name "$1" "$n") c$1n$n"; done
}

node_files() { # CLUSTER NODE
  local root=$STATE/c$1n$2 shared=$STATE/c$1-shared action
  mkdir -p "$shared" "$root"/{lib,log/os,log/extstorage,etc,ssh,run,cache,iallocators,cyclades} \
    "$root"/srv/{file-storage,shared-file-storage,os,extstorage,export}
  chmod 755 "$STATE" "$root"; chmod 700 "$root/ssh"
  cp -a /etc/ganeti/lib /etc/ganeti/share "$root/etc/"   # links to the installed version
  printf '%s\n' /srv/ganeti/file-storage /srv/ganeti/shared-file-storage \
    >"$root/etc/file-storage-paths"
  hosts_file "$1" >"$root/hosts.new"
  cat "$root/hosts.new" >"$root/hosts"   # bind-mounted: the inode has to stay
  cat "$HERE/node/default" >"$root/default"
  cp "$HERE/node/iallocators/hail" "$root/iallocators/"
  cp -r "$HERE/node/os/snf-image" "$HERE/../os/cyclades" "$root/srv/os/"
  cp -r "$HERE/node/extstorage/dummy" "$root/srv/extstorage/"
  ln -sfn "$STATE/software/usr/share/ganeti/extstorage/cyclades" "$root/srv/extstorage/cyclades"
  echo "EXT_DIRECTORY=$shared/ext" >"$root/srv/extstorage/dummy/directory"
  for action in create remove grow attach detach setinfo verify snapshot open close; do
    ln -sf volume "$root/srv/extstorage/dummy/$action"
  done
}

start_node() { # CLUSTER NODE
  local root=$STATE/c$1n$2 unshare pid=""
  ! node_alive "$root" || return 0
  say "starting node $(node_name "$1" "$2")"
  rm -rf "$root/run" "$root/.ready" "$root/init.pid"; mkdir -p "$root/run"
  setsid unshare --mount --uts --ipc --net --pid --fork --kill-child --mount-proc \
    "$HERE/node/init" "$root" "$(node_name "$1" "$2")" "$(node_address "$1" "$2")/24" \
    "$STATE/c$1-shared" </dev/null >"$root/init.log" 2>&1 9>&- &
  unshare=$!
  disown $unshare
  for _ in $(seq 200); do
    pid=$(tr -d ' ' <"/proc/$unshare/task/$unshare/children" 2>/dev/null || true)
    [ -z "$pid" ] || [ ! -e "$root/.ready" ] || break
    [ -d "/proc/$unshare" ] || break
    sleep 0.05
  done
  [ -e "$root/.ready" ] || { cat "$root/init.log" >&2; die "node c$1n$2 does not start"; }
  echo "$pid $(started_at "$pid")" >"$root/init.pid"
  join_host "$1" "$2" "$pid"
}

# A veth pair leads from the bridge on the host to br0 of the node.
join_host() { # CLUSTER NODE PID
  local host; host=$(bridge "$1")
  ip link del "${host}n$2" 2>/dev/null || true
  ip link add "${host}n$2" type veth peer name up0 netns "$3"
  ip link set "${host}n$2" master "$host" up
  nsenter -t "$3" -n -m ip link set up0 master br0 up
}

host_bridge() { # CLUSTER
  local name; name=$(bridge "$1")
  ! ip link show "$name" >/dev/null 2>&1 || return 0
  ! ip -4 -o addr | grep " $PREFIX\.$1\." >/dev/null ||
    die "$PREFIX.$1.0/24 is in use on this machine (choose another --prefix)"
  echo "$name" >>"$STATE/bridges"
  ip link add "$name" type bridge
  ip link set "$name" up
  ip addr add "$PREFIX.$1.254/24" dev "$name"
}
