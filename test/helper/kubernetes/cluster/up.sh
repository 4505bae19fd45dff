#!/bin/bash
# Starts a Kubernetes cluster of one node on loopback, as root: up.sh DIR (absolute and short). Ends with a kubeconfig in DIR/admin.conf.
#   KUBE    the program (../prepare.sh)                IMAGES  folder with pause.tar, python.tar …
#   PORT    the API server's (default 16443)           MAXPODS (default 120)
# Everything runs in a PID and a mount namespace of its own: when its first process is killed, all of it is gone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export DIR=${1:?give a folder} KUBE=${KUBE:?give the program} IMAGES=${IMAGES:?give the folder of images}
export PORT=${PORT:-16443} MAXPODS=${MAXPODS:-120} RUNC=${RUNC:-/usr/sbin/runc}
[ "$(id -u)" = 0 ] || { echo 'must be root: it makes cgroups, mounts and network namespaces' >&2; exit 2; }
[ ! -e "$DIR/pid" ] || { echo "$DIR/pid is there: down.sh $DIR first" >&2; exit 2; }
"$here/sweep.sh"
mkdir -p "$DIR"/{pki,etcd,containerd,run,kubelet,varlog,cni,log,ipam} && cd "$DIR"

# Certificates: an authority, the API server's, and an administrator's that every component uses.
key() { openssl ecparam -name prime256v1 -genkey -noout -out "pki/$1.key" 2>/dev/null; }
cert() { # name subject extension
  key "$1"
  openssl req -new -key "pki/$1.key" -subj "$2" | openssl x509 -req -CA pki/ca.crt -CAkey pki/ca.key -set_serial "0x$(openssl rand -hex 8)" \
    -days 3 -extfile <(printf '%s' "$3") -out "pki/$1.crt" 2>/dev/null
}
if [ ! -e pki/admin.crt ]; then
  key ca
  openssl req -x509 -new -key pki/ca.key -subj /CN=cnd-kube -days 3 -out pki/ca.crt
  cert apiserver /CN=kube-apiserver 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc'
  cert admin /O=system:masters/CN=admin 'extendedKeyUsage=clientAuth'
  key sa
fi
b64() { base64 -w0 "$1"; }
cat >admin.conf <<CONF
apiVersion: v1
kind: Config
current-context: cnd-kube
contexts: [{name: cnd-kube, context: {cluster: cnd-kube, user: admin, namespace: default}}]
clusters: [{name: cnd-kube, cluster: {server: 'https://127.0.0.1:$PORT', certificate-authority-data: $(b64 pki/ca.crt)}}]
users: [{name: admin, user: {client-certificate-data: $(b64 pki/admin.crt), client-key-data: $(b64 pki/admin.key)}}]
CONF

cat >containerd.toml <<CONF
version = 2
root = "$DIR/containerd"
state = "/run/containerd"
[grpc]
  address = "$DIR/run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  stream_server_address = "127.0.0.1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "$RUNC"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$DIR/cni"
CONF
# Pods get an address on a bridge that leads nowhere: nothing of cnd's needs a network in its pods.
cat >cni/10-cnd.conflist <<CONF
{"cniVersion": "0.4.0", "name": "cnd-kube", "plugins": [{"type": "bridge", "bridge": "cnd-kube0",
 "ipam": {"type": "host-local", "dataDir": "$DIR/ipam", "ranges": [[{"subnet": "10.244.0.0/16"}]]}}]}
CONF
cat >kubelet.yaml <<CONF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: $((PORT + 7))
healthzPort: 0
readOnlyPort: 0
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $DIR/pki/ca.crt}}
authorization: {mode: AlwaysAllow}
containerRuntimeEndpoint: unix://$DIR/run/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /cnd-kube
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
enforceNodeAllocatable: [none]
makeIPTablesUtilChains: false
maxPods: $MAXPODS
podsPerCore: 0
registryPullQPS: 0
serializeImagePulls: false
nodeStatusUpdateFrequency: 2s
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: '1Mi', nodefs.available: '0%', nodefs.inodesFree: '0%', imagefs.available: '0%', imagefs.inodesFree: '0%'}
clusterDNS: [10.96.0.10]
podLogsDir: /var/log/pods
CONF
# What the kubelet sets for the whole machine; down.sh sets it back.
sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes >sysctl
nohup setsid unshare --mount --pid --fork --kill-child=KILL --mount-proc "$here/inside.sh" >log/inside.log 2>&1 </dev/null &
echo $! >pid
for _ in $(seq 600); do
  [ -e run/ready ] && exec cat run/ready
  kill -0 "$(cat pid)" 2>/dev/null || break
  sleep 0.1
done
echo "the cluster does not come up: see $DIR/log" >&2
tail -5 log/inside.log >&2
exit 1
