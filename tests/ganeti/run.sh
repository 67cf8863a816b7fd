#!/bin/bash
#
# make test-ganeti: the suites that need real Ganeti, on two clusters made for them.
#
#   tests/ganeti/run.sh [PYTEST ARGUMENTS...]
#
# The arguments go to the second suite only. Needs root, Debian and (the first time) its packages.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
RIG=deploy/ganeti/rig
PYTHON=${PYTHON:-.venv/bin/python}
child=0 failed=0 SECONDS=0

[ "$(id -u)" = 0 ] || {
  echo "make test-ganeti needs root: it starts real Ganeti nodes in network namespaces." >&2
  exit 2
}
[ -x "$PYTHON" ] || { echo "There is no $PYTHON: \"make test-ganeti\" makes it." >&2; exit 2; }

STATE=$(mktemp -d "${TMPDIR:-/tmp}/cyclades-ganeti.XXXXXX")

# In the background, so that a signal is obeyed at once and not when the step has ended.
run() {
  "$@" &
  child=$!
  wait $child
  local result=$?
  child=0
  return $result
}

tear_down() {
  trap '' INT TERM
  trap - EXIT
  if [ $child != 0 ]; then kill -TERM "$child" 2>/dev/null; wait "$child" 2>/dev/null; fi
  "$RIG/ganeti-down.sh" --state "$STATE"
  rm -rf --one-file-system "$STATE"
}
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { # NAME COMMAND...
  local name=$1 begun=$SECONDS result; shift
  printf '\n== %s\n' "$name"
  run "$@"; result=$?
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

PREFIX=${CYCLADES_GANETI_PREFIX:-$(free_prefix)}
export CYCLADES_GANETI_CLUSTERS=$STATE/clusters.json
step "two clusters" "$RIG/ganeti-up.sh" --clusters 2 --state "$STATE" --prefix "$PREFIX" || exit 1
if [ -d tests/contract/ganeti ]; then
  step "the recorded contract" "$PYTHON" -m pytest tests/contract/ganeti -q
fi
step "end to end" "$PYTHON" -m pytest tests/ganeti -q "$@"
printf '\n== all of it: %s, %d s\n' "$([ $failed = 0 ] && echo ok || echo FAILED)" $SECONDS
exit $failed
