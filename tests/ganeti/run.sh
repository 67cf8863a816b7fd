#!/bin/bash
#
# make test-ganeti: the suites that need real Ganeti, on clusters made for them.
#
#   tests/ganeti/run.sh [PYTEST ARGUMENTS...]
#
# The arguments go to the end-to-end suites only. CYCLADES_GANETI_GUESTS=no leaves out what takes
# long: real guests and failovers; CYCLADES_GANETI_FAILOVER=yes or no decides about the latter alone.
# Needs root, Debian and (the first time) its packages.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
RIG=deploy/ganeti/rig
PYTHON=${PYTHON:-.venv/bin/python}
children=() failed=0 SECONDS=0

[ "$(id -u)" = 0 ] || {
  echo "make test-ganeti needs root: it starts real Ganeti nodes in network namespaces." >&2
  exit 2
}
[ -x "$PYTHON" ] || { echo "There is no $PYTHON: \"make test-ganeti\" makes it." >&2; exit 2; }

STATE=$(mktemp -d "${TMPDIR:-/tmp}/cyclades-ganeti.XXXXXX")

# Everything runs in the background, so that a signal is obeyed at once and not when it has ended.
ended() { # all children; fails if one of them has failed
  local child result=0
  for child in "${children[@]}"; do wait "$child" || result=$?; done
  children=()
  return $result
}

run() {
  "$@" &
  children=($!)
  ended
}

tear_down() {
  trap '' INT TERM
  trap - EXIT
  for child in "${children[@]}"; do kill -TERM "$child" 2>/dev/null; done
  ended 2>/dev/null
  for rig in "$STATE"/*/; do
    [ ! -e "$rig/.lock" ] || "$RIG/ganeti-down.sh" --state "$rig"
  done
  rm -rf --one-file-system "$STATE"
}
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { # NAME COMMAND...
  local name=$1 begun=$SECONDS result; shift
  printf '\n== %s\n' "$name"
  "$@"; result=$?
  if [ $result = 0 ]; then word=ok; else word="FAILED ($result)"; failed=1; fi
  printf '== %s: %s, %d s\n' "$name" "$word" $((SECONDS - begun))
  return $result
}

free_prefix() {
  local second
  for second in $(seq 213 250); do
    ip -4 -o addr | grep -F " 10.$second." >/dev/null || { echo "10.$second"; return; }
  done
}

# Two halves of the suite, each on an empty cluster of its own: Ganeti is most of the time.
contract() {
  local suite=tests/contract/ganeti result
  CYCLADES_GANETI_CLUSTERS=$FAKE/second.json \
    "$PYTHON" -m pytest -q $suite/test_jobs.py $suite/test_surface.py >"$STATE/second.log" 2>&1 &
  children=($!)
  "$PYTHON" -m pytest -q $suite/test_recorded.py &
  children+=($!)
  ended; result=$?
  cat "$STATE/second.log"
  return $result
}

without_the_first() {
  (umask 077; /usr/bin/python3 -I -c 'import json
known = json.load(open("clusters.json"))["clusters"]
json.dump({"clusters": known[1:]}, open("second.json", "w"))')
}

PREFIX=${CYCLADES_GANETI_PREFIX:-$(free_prefix)}
FAKE=$STATE/fake PAIRS=$STATE/pairs GUESTS=$STATE/guests
mkdir "$FAKE" "$PAIRS" "$GUESTS"

export CYCLADES_GANETI_CLUSTERS=$FAKE/clusters.json
step "two clusters" run "$RIG/ganeti-up.sh" --clusters 2 --state "$FAKE" --prefix "$PREFIX" ||
  exit 1
(cd "$FAKE" && without_the_first)
step "the recorded contract" contract
step "end to end" run "$PYTHON" -m pytest tests/ganeti -q --ignore tests/ganeti/machines \
  --ignore tests/ganeti/failover "$@"
"$RIG/ganeti-down.sh" --state "$FAKE"

if [ "${CYCLADES_GANETI_FAILOVER:-${CYCLADES_GANETI_GUESTS:-yes}}" != no ]; then
  export CYCLADES_GANETI_CLUSTERS=$PAIRS/clusters.json
  step "two clusters of two nodes" run "$RIG/ganeti-up.sh" --clusters 2 --nodes 2 \
    --state "$PAIRS" --prefix "$PREFIX" || exit 1
  step "failovers and crashes" run "$PYTHON" -m pytest tests/ganeti/failover -q \
    -o log_cli=true -o log_cli_format='%(asctime)s %(message)s' --log-level=WARNING "$@"
  "$RIG/ganeti-down.sh" --state "$PAIRS"
fi

if [ "${CYCLADES_GANETI_GUESTS:-yes}" = no ]; then
  printf '\n== all of it but what takes long: %s, %d s\n' "$([ $failed = 0 ] && echo ok || echo FAILED)" $SECONDS
  exit $failed
fi

export CYCLADES_GANETI_CLUSTERS=$GUESTS/clusters.json
step "two nodes with real guests" run "$RIG/ganeti-up.sh" --nodes 2 --kvm --state "$GUESTS" \
  --prefix "$PREFIX" || exit 1
step "end to end with guests" run "$PYTHON" -m pytest tests/ganeti/machines -q "$@"
printf '\n== all of it: %s, %d s\n' "$([ $failed = 0 ] && echo ok || echo FAILED)" $SECONDS
exit $failed
