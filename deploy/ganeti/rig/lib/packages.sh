# shellcheck shell=bash
# The Debian packages of the rig, installed when they are missing.
#
# Needs: STATE, INSTALL (0 forbids apt-get), KVM (1 needs an emulator), say, die.

RIG_PACKAGES=${RIG_PACKAGES:-ganeti qemu-utils genisoimage iproute2 util-linux openssl curl python3
  fping socat}
[ "$KVM" = 0 ] || RIG_PACKAGES="$RIG_PACKAGES qemu-system-x86 qemu-block-extra"
POLICY=/usr/sbin/policy-rc.d

missing_packages() {
  local package
  for package in $RIG_PACKAGES; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep 'ok installed' >/dev/null ||
      printf '%s ' "$package"
  done
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@" \
    >>"$STATE/apt.log" 2>&1 9>&-
}

# A package's postinst would start Ganeti, sshd and friends on this machine.
# policy-rc.d is Debian's way to forbid it: an existing one that forbids is left
# as it is, one that allows is put aside for the time of the installation.
forbid_service_starts() {
  if [ -e $POLICY ]; then
    $POLICY ganeti start >/dev/null 2>&1 || return 0
    mv $POLICY $POLICY.before-rig
  fi
  printf '#!/bin/sh\nexit 101\n' >$POLICY.rig
  chmod 755 $POLICY.rig
  mv $POLICY.rig $POLICY
  policy_is_ours=1
}

restore_service_starts() {
  [ "${policy_is_ours:-0}" = 1 ] || return 0
  rm -f $POLICY
  [ ! -e $POLICY.before-rig ] || mv $POLICY.before-rig $POLICY
  policy_is_ours=0
}

install_packages() {
  local want
  want=$(missing_packages)
  [ -n "$want" ] || return 0
  [ "$INSTALL" = 1 ] || die "these packages are missing, and --no-install was given: $want"
  say "installing $want"
  : >"$STATE/apt.log"
  forbid_service_starts
  trap restore_service_starts EXIT
  # The package lists may be absent or stale: fetch them only when the first try fails.
  # shellcheck disable=SC2086  # a list of words on purpose
  apt install -y --no-install-recommends $want ||
    { apt update && apt install -y --no-install-recommends $want; } ||
    { tail -20 "$STATE/apt.log" >&2; die "apt-get could not install $want"; }
  restore_service_starts
  trap - EXIT
  [ -z "$(missing_packages)" ] || die "still missing after apt-get: $(missing_packages)"
}
