# shellcheck shell=bash
# The ExtStorage provider and the storage agent, as an administrator would install them.
#
# Needs: STATE, PREFIX, NODES, say, die, nodes.sh and clusters.sh.

# One token and one certificate, with every node's address, for all agents of a cluster.
storage_files() { # CLUSTER
  local n names="" first=$STATE/c$1n1/cyclades
  for n in $(seq "$NODES"); do names+=",IP:$(node_address "$1" "$n"),DNS:$(node_name "$1" "$n")"; done
  if ! openssl x509 -in "$first/storage.pem" -noout -text 2>/dev/null |
    grep -F "$(node_name "$1" "$NODES")" >/dev/null; then
    (umask 077
      openssl rand -hex 32 >"$first/storage.token"
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
        -subj "/CN=agents of cluster $1" -addext "subjectAltName=${names#,}" \
        -keyout "$first/storage.key" -out "$first/storage.pem" 2>/dev/null)
  fi
  for n in $(seq "$NODES"); do
    [ "$n" = 1 ] || cp -p "$first"/storage.{token,key,pem} "$STATE/c$1n$n/cyclades/"
    printf '{"root": "%s", "serial": true, "fuzzy_snapshots": true}\n' \
      "$STATE/c$1-shared/cyclades" >"$STATE/c$1n$n/cyclades/storage.json"
  done
}

start_agents() { # CLUSTER
  local n label
  storage_files "$1"
  for n in $(seq "$NODES"); do
    label=c$1n$n
    inside "$label" start-stop-daemon --start --quiet --oknodo --background --make-pidfile \
      --pidfile /run/cyclades-storage.pid --output /var/log/ganeti/cyclades-storage.log \
      --startas "$STATE/software/usr/sbin/cyclades-storage" -- \
      agent --console-logs /var/log/ganeti/consoles || die "the storage agent of $label does not start"
  done
  for n in $(seq "$NODES"); do wait_for_agent "$1" "$n"; done
}

wait_for_agent() { # CLUSTER NODE
  local folder=$STATE/c$1n$2/cyclades url
  url=https://$(node_address "$1" "$2"):8799/v1/pool
  for _ in $(seq 100); do
    curl -s --noproxy '*' --cacert "$folder/storage.pem" -o /dev/null -m 2 -f -K - "$url" \
      <<<"header = \"Authorization: Bearer $(cat "$folder/storage.token")\"" && return 0
    sleep 0.2
  done
  tail -20 "$STATE/c$1n$2/log/cyclades-storage.log" >&2 || true
  die "the storage agent of c$1n$2 does not answer"
}
