#!/bin/bash
# Writes go.mod and go.sum for another Kubernetes: module.sh 1.35.4. Its own requirements, and each staging module at v0.x.
set -euo pipefail
cd "$(dirname "$0")"
version=${1:?give a version like 1.35.4}
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
module=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
{
  echo 'module kube'
  sed -n '/^go /p;/^godebug/p' "$module"
  sed -n '/^require (/,/^)/p' "$module"
  echo "require k8s.io/kubernetes v$version"
  echo 'replace ('
  sed -n 's|^\t\(k8s.io/[a-z0-9-]*\) => ./staging.*|\t\1 => \1 v0.'"${version#1.}"'|p' "$module"
  echo ')'
} >go.mod
go mod tidy
