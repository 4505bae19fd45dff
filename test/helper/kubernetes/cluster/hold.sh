#!/bin/bash
# Starts the cluster of up.sh DIR, says `ready`, and ends it at the end of its stdin: also when whoever holds that is killed.
# One cluster at a time on a machine, as the names of its bridge and cgroups are fixed: all its processes hold this lock.
set -u
here=$(dirname "$0")
exec 9>/tmp/cnd-kube.lock
# Nobody writes to stdin: that there is something to be read means that it has ended.
until flock -w 1 9; do read -r -t 0 && exit 1; done
"$here/up.sh" "$1" >&2 && echo ready && cat >/dev/null
code=$?
"$here/down.sh" "$1"
exit $code
