#!/bin/bash
# Ends the cluster of up.sh DIR and removes what it left: processes, mounts (they go with their namespace), cgroups, bridge.
set -u
DIR=${1:?give a folder}
if [ -e "$DIR/pid" ]; then
  kill -KILL "$(cat "$DIR/pid")" 2>/dev/null
  for _ in $(seq 100); do kill -0 "$(cat "$DIR/pid")" 2>/dev/null || break; sleep 0.1; done
fi
"$(dirname "$0")/sweep.sh"
[ ! -s "$DIR/sysctl" ] || sysctl -qp "$DIR/sysctl"
rm -rf "$DIR"
