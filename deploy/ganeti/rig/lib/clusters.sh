# shellcheck shell=bash
# Clusters: init or restart, daemons, RAPI users, further nodes.
#
# Needs: HERE, STATE, PREFIX, DOMAIN, NODES, KVM, RAPI_*, say, die, nodes.sh and storage.sh.

NODE_DAEMONS="ganeti-noded ganeti-confd ganeti-mond"
MASTER_DAEMONS="ganeti-wconfd ganeti-rapi ganeti-luxid"

inside() { "$STATE/gnt" "$@" 9>&-; }

# After a kill -9 a pid file of another user stays, and start-stop-daemon refuses it: so stale
# ones go first, which "daemon-util start-all" does not do.
start_daemons() { # LABEL DAEMON...
  local label=$1; shift
  inside "$label" bash -c '
    for daemon in "$@"; do
      /usr/lib/ganeti/daemon-util check "$daemon" && continue
      rm -f "/run/ganeti/$daemon.pid"
      /usr/lib/ganeti/daemon-util start "$daemon" || { echo "$daemon does not start" >&2; exit 1; }
    done' start "$@" || die "the daemons of $label do not start"
}

rapi_users() { # CLUSTER NODE
  local folder=$STATE/c$1n$2/lib/rapi
  mkdir -p "$folder"
  printf '%s\n' "$RAPI_USER $RAPI_PASSWORD write" "$RAPI_RO_USER $RAPI_RO_PASSWORD read" \
    >"$folder/users.new"
  chown gnt-rapi:gnt-masterd "$folder/users.new"; chmod 640 "$folder/users.new"
  mv "$folder/users.new" "$folder/users"
}

# A name that is not in the certificate, hence -k: this asks only whether somebody answers.
wait_for_rapi() { # CLUSTER
  local url=https://$PREFIX.$1.1:5080/2/info
  for _ in $(seq 150); do
    curl -sk --noproxy '*' -o /dev/null -m 2 -f -K - "$url" \
      <<<"user = \"$RAPI_USER:$RAPI_PASSWORD\"" && return 0
    sleep 0.2
  done
  tail -20 "$STATE/c$1n1/log/rapi-daemon.log" "$STATE/c$1n1/log/luxi-daemon.log" >&2 || true
  die "the RAPI of cluster $1 does not answer"
}

# Boots from the first disk; VNC on every address, a serial port as a socket. Where the machine
# has no KVM that an ordinary guest can use (kvm_pvm alone is none), guests are emulated.
kvm_parameters() {
  printf 'kernel_path=,initrd_path=,kvm_path=/usr/bin/qemu-system-x86_64,'
  printf 'vnc_bind_address=0.0.0.0,serial_console=true'
  [ -w /dev/kvm ] && { [ -d /sys/module/kvm_intel ] || [ -d /sys/module/kvm_amd ]; } ||
    printf ',kvm_flag=disabled,cpu_type=qemu64'
}

init_cluster() { # CLUSTER
  local root=$STATE/c$1n1 ipolicy=(
    --ipolicy-bounds-specs="min:cpu-count=1,disk-count=0,disk-size=1,memory-size=1,nic-count=0,spindle-use=1/max:cpu-count=64,disk-count=16,disk-size=1048576,memory-size=1048576,nic-count=16,spindle-use=16"
    --ipolicy-std-specs="cpu-count=1,disk-count=1,disk-size=1024,memory-size=128,nic-count=1,spindle-use=1"
    --ipolicy-vcpu-ratio=1000 --ipolicy-spindle-ratio=1000)
  local hypervisors=(--enabled-hypervisors=fake
    --enabled-disk-templates=file,sharedfile,ext,diskless)
  if [ "$KVM" = 1 ]; then
    hypervisors=(--enabled-hypervisors=kvm,fake -H "kvm:$(kvm_parameters)" -D ext:access=userspace
      --enabled-disk-templates=ext,sharedfile,file,diskless)
  fi
  say "initialising cluster $1"
  rm -rf "$root/lib/queue"   # left by an initialisation that did not end
  inside "c$1" gnt-cluster init --no-ssh-init --no-etc-hosts \
    --master-netdev=br0 --master-netmask=32 "${hypervisors[@]}" \
    --file-storage-dir=/srv/ganeti/file-storage \
    --shared-file-storage-dir=/srv/ganeti/shared-file-storage \
    --nic-parameters=mode=bridged,link=br1 --mac-prefix="aa:00:$(printf %02x "$1")" \
    --default-iallocator=hail "${ipolicy[@]}" "cluster$1.$DOMAIN" >"$root/init-cluster.log" 2>&1 ||
    { cat "$root/init-cluster.log" >&2; die "gnt-cluster init failed"; }
}

# The master's address went with its namespace. All noded come first: wconfd and luxid do not
# start before the other nodes have confirmed by vote who the master is.
restart_cluster() { # CLUSTER
  local n
  inside "c$1" ip addr replace "$PREFIX.$1.1/32" dev br0
  for n in $(seq "$NODES"); do
    # shellcheck disable=SC2086  # a list of words on purpose
    [ ! -s "$STATE/c$1n$n/lib/server.pem" ] || start_daemons "c$1n$n" $NODE_DAEMONS
  done
  # shellcheck disable=SC2086
  start_daemons "c$1" $MASTER_DAEMONS
}

# What "gnt-node add" does, without SSH.
add_node() { # CLUSTER NODE
  local name root=$STATE/c$1n$2
  name=$(node_name "$1" "$2")
  ! grep -q "\"$name\"" "$STATE/c$1n1/lib/config.data" || return 0
  say "adding node $name"
  inside "c$1" /usr/bin/python3 - "$name" <"$HERE/node/python/join_facts.py" >"$root/join.json"
  inside "c$1n$2" /usr/lib/ganeti/node-daemon-setup <"$root/join.json" >"$root/join.log" 2>&1 ||
    { cat "$root/join.log" >&2; die "node $name cannot be set up"; }
  rm -f "$root/join.json"
  inside "c$1" /usr/bin/python3 - "$name" <"$HERE/node/python/add_node.py" ||
    die "node $name cannot be added"
  rapi_users "$1" "$2"
}

cluster_up() { # CLUSTER
  local n
  if [ -s "$STATE/c$1n1/lib/config.data" ]; then restart_cluster "$1"; else init_cluster "$1"; fi
  rapi_users "$1" 1
  wait_for_rapi "$1"
  for n in $(seq 2 "$NODES"); do add_node "$1" "$n"; done
  start_agents "$1"
}
