#!/bin/sh
# Makes pause.tar and python.tar (busybox and Python 3.11, of Debian's packages) in the folder $1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
mkdir -p "$out/deb" && cd "$out"
mkdir -p root/pause root/python
gcc -static -Os -s -o root/pause/pause "$here/pause.c"
python3 "$here/image.py" localhost/pause:1 root/pause pause.tar -- /pause
# _apt cannot write to a folder of root's; as root apt-get downloads anyway, and says so.
(cd deb && apt-get -qq download libc6 zlib1g libexpat1 libssl3 libbz2-1.0 liblzma5 libuuid1 libffi8 libgcc-s1 \
  python3.11-minimal libpython3.11-minimal libpython3.11-stdlib busybox-static 2>/dev/null)
r=root/python
mkdir -p $r/tmp $r/proc $r/sys $r/dev $r/etc $r/root $r/home && chmod 1777 $r/tmp
for deb in deb/*.deb; do dpkg-deb -x "$deb" $r; done
rm -rf $r/usr/share/doc $r/usr/share/man $r/usr/share/locale $r/usr/share/lintian
ln -sf python3.11 $r/usr/bin/python3
mkdir -p $r/bin
for applet in $($r/bin/busybox --list); do [ -e $r/bin/$applet ] || ln -s busybox $r/bin/$applet; done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >$r/etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\n' >$r/etc/group
python3 "$here/image.py" localhost/python:3 $r python.tar -- /bin/sh
rm -rf root deb
