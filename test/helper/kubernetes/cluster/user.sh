#!/bin/bash
# Writes the kubeconfig of a user of the cluster of up.sh, who has no rights by themselves: user.sh DIR NAME NAMESPACE FILE
set -euo pipefail
cd "$1"
name=$2 namespace=$3 file=$4
openssl ecparam -name prime256v1 -genkey -noout -out "pki/$name.key" 2>/dev/null
openssl req -new -key "pki/$name.key" -subj "/CN=$name" | openssl x509 -req -CA pki/ca.crt -CAkey pki/ca.key \
  -set_serial "0x$(openssl rand -hex 8)" -days 3 -extfile <(echo 'extendedKeyUsage=clientAuth') -out "pki/$name.crt" 2>/dev/null
sed -e "s/client-certificate-data: [^,]*/client-certificate-data: $(base64 -w0 "pki/$name.crt" | sed 's/[&/]/\\&/g')/" \
  -e "s/client-key-data: [^}]*/client-key-data: $(base64 -w0 "pki/$name.key" | sed 's/[&/]/\\&/g')/" \
  -e "s/namespace: default/namespace: $namespace/" -e 's/: admin\b/: user/g' -e 's/user: admin/user: user/' admin.conf >"$file"
