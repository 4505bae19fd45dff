"""The file system of a machine: this host's, read-only, with a few places of its own. Needs no privileges outside."""
import base64
import ctypes
import os
import shutil
import socket
import subprocess

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PATH = '/run/stage-bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
STAND_INS = ('systemctl', 'systemd-run', 'journalctl', 'sudo', 'shutdown', 'poweroff', 'halt', 'reboot')
USER_ID = 1000

libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind='', flags=0, data=''):
    result = libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode())
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, 'mount %s on %s: %s' % (source, target, os.strerror(number)))


def build(machine, work):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, 'stand_in.py')) as file:
        stand_in = file.read()
    mount('none', '/', flags=MS_REC | MS_PRIVATE)
    mount('tmpfs', '/run', 'tmpfs', data='mode=755')
    # What the machine and the stage share: sockets, the log. Closed to the machine's user.
    os.mkdir('/run/stage', 0o700)
    mount(work, '/run/stage', flags=MS_BIND)
    if machine.get('shared'):
        os.mkdir('/run/shared')
        mount(machine['shared'], '/run/shared', flags=MS_BIND)
    # Only now: what is bound from a read-only mount is read-only, too.
    mount('none', '/', flags=MS_REMOUNT | MS_BIND | MS_RDONLY)
    os.mkdir('/run/log')
    own(machine, '/run/log')
    mount('/run/log', '/var/log', flags=MS_BIND)
    devices()
    for path in ('/tmp', '/home'):
        mount('tmpfs', path, 'tmpfs', data='mode=1777')
    identity(machine)
    executables(machine, stand_in)
    os.chdir('/')
    socket.sethostname(hostname(machine))
    os.environ.clear()
    os.environ.update(environment(root=True))


def devices():
    os.mkdir('/run/dev')
    for name in ('null', 'zero', 'full', 'random', 'urandom', 'tty'):
        open('/run/dev/' + name, 'w').close()
        mount('/dev/' + name, '/run/dev/' + name, flags=MS_BIND)
    for name in ('shm', 'pts'):
        os.mkdir('/run/dev/' + name)
    mount('tmpfs', '/run/dev/shm', 'tmpfs', data='mode=1777')
    for name, target in (('fd', '/proc/self/fd'), ('stdin', '/proc/self/fd/0'), ('stdout', '/proc/self/fd/1'),
                         ('stderr', '/proc/self/fd/2')):
        os.symlink(target, '/run/dev/' + name)
    mount('/run/dev', '/dev', flags=MS_BIND | MS_REC)


def identity(machine):
    user = machine['user']
    home = '/home/' + user
    os.mkdir(home, 0o750)
    own(machine, home)
    cover('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n%s:x:%d:%d::%s:/bin/bash\n' % (user, USER_ID, USER_ID, home))
    cover('/etc/group', 'root:x:0:\nadm:x:4:%s\n%s:x:%d:\n' % (user, user, USER_ID))
    cover('/etc/hostname', hostname(machine) + '\n')
    cover('/etc/hosts', '127.0.0.1 localhost %s\n' % hostname(machine))


def executables(machine, stand_in):
    os.mkdir('/run/stage-bin')
    path = '/run/stage-bin/.stand-in'
    with open(path, 'w') as file:
        file.write('#!%s -SE\n%s' % (machine['python'], stand_in))
    os.chmod(path, 0o755)
    for name in STAND_INS:
        shutil.copy(path, '/run/stage-bin/' + name)
        for folder in ('/usr/bin', '/usr/sbin', '/bin', '/sbin'):
            if os.path.exists(os.path.join(folder, name)):
                mount(path, os.path.realpath(os.path.join(folder, name)), flags=MS_BIND)


def cover(path, content):
    """A file of the machine's own in place of the host's."""
    own_file = '/run/etc-' + os.path.basename(path)
    with open(own_file, 'w') as file:
        file.write(content)
    os.chmod(own_file, 0o644)
    if os.path.exists(path):
        mount(own_file, path, flags=MS_BIND)


def write_keys(machine, cloud_config):
    """The keys that cloud-init would install, and sshd's configuration."""
    os.mkdir('/run/ssh', 0o700)
    keys = cloud_config.get('ssh_keys') or {}
    # Without a key in the user data the machine makes its own, which nobody can have pinned.
    private = None if machine['wrongHostKey'] else keys.get('ed25519_private')
    if private:
        put('/run/ssh/host_key', private if private.endswith('\n') else private + '\n')
    else:
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/run/ssh/host_key'], check=True)
    put('/run/ssh/authorized_keys', ''.join(key + '\n' for key in cloud_config.get('ssh_authorized_keys') or []))
    put('/run/ssh/sshd_config', '\n'.join([
        'Port 22', 'ListenAddress 0.0.0.0', 'HostKey /run/ssh/host_key', 'AuthorizedKeysFile /run/ssh/authorized_keys',
        'StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PidFile none',
        'UseDNS no', 'AllowUsers ' + machine['user'], ' '.join(['SetEnv PATH=' + PATH, *own_kernel(machine)]), '']))
    for name in ['', *os.listdir('/run/ssh')]:
        own(machine, os.path.join('/run/ssh', name))


def own_kernel(machine):
    """Makes agents of this machine use the stand-in kernel, held until the stage removes a file, or that of a directory that a
    test shares; gives the setting for it."""
    if machine.get('shared'):
        return ['CND_KERNEL=/run/shared/kernel']
    if not machine['held']:
        return []
    os.mkdir('/run/kernel')
    os.mkdir('/run/hold')
    mount('/run/stage/hold', '/run/hold', flags=MS_BIND)
    for name, content in machine['held'].items():
        with open('/run/kernel/' + name, 'w') as file:
            file.write(content)
    with open('/run/kernel/kernel', 'w') as file:
        file.write('#!/bin/sh\nSTAND_IN_POW=/run/kernel STAND_IN_RECORD=/dev/null STAND_IN_HOLD=/run/hold/held '
                   'exec %s -SE /run/kernel/kernel-stand-in.py "$@"\n' % machine['python'])
    os.chmod('/run/kernel/kernel', 0o755)
    return ['CND_KERNEL=/run/kernel/kernel']


def put(path, content):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
        file.write(content)


def write_file(entry):
    content = entry.get('content') or ''
    data = base64.b64decode(content) if entry.get('encoding') in ('b64', 'base64') else content.encode()
    os.makedirs(os.path.dirname(entry['path']), exist_ok=True)
    mode = int(str(entry.get('permissions') or '0644'), 8)
    with open(os.open(entry['path'], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), 'wb') as file:
        file.write(data)


def own(machine, path):
    """Gives a path to the machine's user. Where the stage is not root there is one user only, under two names."""
    if machine['outerRoot']:
        os.chown(path, USER_ID, USER_ID)


def environment(root):
    return {'PATH': PATH, 'HOME': '/root' if root else '/home', 'LANG': 'C.UTF-8', 'STAGE_ROOT': '1' if root else ''}


def hostname(machine):
    return 'ip-' + machine['privateIp'].replace('.', '-')
