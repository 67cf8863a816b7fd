#!/bin/sh
#
# Install provider and agent on this node.
#
#   install.sh [--root DIR]     DIR: put everything below it (default: /)
set -eu
root=
[ "${1:-}" != --root ] || root=$2
here=$(dirname "$(readlink -f "$0")")
library=$root/usr/share/cyclades/deploy
provider=$root/usr/share/ganeti/extstorage/cyclades

mkdir -p "$library/ganeti/os" "$provider" "$root/usr/sbin" "$root/etc/cyclades"
cp "$here/../../__init__.py" "$library/"
cp "$here/../__init__.py" "$library/ganeti/"
cp "$here/../os/__init__.py" "$library/ganeti/os/"
rm -rf "$library/ganeti/storage" "$library/ganeti/os/cyclades"
cp -r "$here" "$library/ganeti/storage"
cp -r "$here/../os/cyclades" "$library/ganeti/os/"
find "$library" -name __pycache__ -prune -exec rm -rf {} +

cp "$here/parameters.list" "$provider/"
cp "$here/node/cyclades-storage" "$root/usr/sbin/"
for action in create attach detach remove grow setinfo verify snapshot open close; do
  cp "$here/node/action" "$provider/$action"
done
if [ -d "$root/etc/systemd/system" ]; then
  cp "$here/node/cyclades-storage.service" "$root/etc/systemd/system/"
fi
