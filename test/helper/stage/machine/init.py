"""The init of one machine of the stage: PID 1 of namespaces of its own (mounts, processes, network, host name).

It makes the machine's file system, network, log and systemd stand-ins, obeys the user data as cloud-init would, and runs
a real sshd. What happens goes to stdout as JSON lines; when stdin closes, the machine loses its power.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import box
import network
import systemd

USER_ID = 1000


def main():
    work = os.getcwd()
    with open('machine.json') as file:
        machine = json.load(file)
    sys.stdout = os.fdopen(os.dup(1), 'w', buffering=1)
    built = []
    threading.Thread(target=power_cord, args=(built,), daemon=True).start()
    share_processors(machine)
    box.build(machine, work)
    units = systemd.Systemd(machine, tell)
    built.append(units)
    network.start(machine)
    cloud_config = machine['cloudConfig']
    units.log('kernel', 'Linux version 6.8.0-stage')
    units.log('systemd[1]', 'Detected virtualization amazon.')
    for command in cloud_config.get('bootcmd') or []:
        if not machine['disarms']:
            run(units, command)
    if not machine['boots']:
        # It is switched on and armed, but its boot hangs here.
        units.log('kernel', 'Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)')
        tell('hung')
        reap()
    time.sleep(machine['bootSeconds'])
    for file in cloud_config.get('write_files') or []:
        box.write_file(file)
    box.write_keys(machine, cloud_config)
    start_sshd(machine, units)
    units.log('cloud-init[600]', "Cloud-init finished, datasource DataSourceEc2Local; booted %s" % machine['id'])
    tell('booted')
    for command in cloud_config.get('runcmd') or []:
        run(units, command)
    reap()


def tell(event, **more):
    print(json.dumps(dict(more, event=event)), flush=True)


def share_processors(machine):
    """As many processors as its type has, of those that there are."""
    here = sorted(os.sched_getaffinity(0))
    first = machine['number'] * machine['vcpus']
    os.sched_setaffinity(0, {here[(first + k) % len(here)] for k in range(machine['vcpus'])})


def power_cord(built):
    """Whoever holds the other end of stdin is the power supply, and may have it halt."""
    while True:
        data = os.read(0, 4096)
        if not data:
            os._exit(0)
        if b'halt' in data:
            # It does not come back, and the power may still be cut.
            threading.Thread(target=built[0].power, args=('halt',), daemon=True).start()


def run(units, command):
    """One command of cloud-init, as root; a list is executed, a string is for the shell."""
    argv = command if isinstance(command, list) else ['/bin/sh', '-c', command]
    units.log('cloud-init[500]', 'running %s' % ' '.join(argv))
    try:
        result = subprocess.run(argv, env=box.environment(root=True), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
        for line in result.stdout.decode(errors='replace').splitlines():
            units.log('cloud-init[500]', line)
        if result.returncode != 0:
            units.log('cloud-init[500]', 'failed with %d: %s' % (result.returncode, argv[0]))
    except OSError as error:
        units.log('cloud-init[500]', 'failed: %s' % error)


def start_sshd(machine, units):
    """sshd as the only user there is: its own id 1000, so that no more rights than these exist in the machine."""
    argv = ['/usr/sbin/sshd', '-D', '-e', '-f', '/run/ssh/sshd_config']
    if machine['outerRoot']:
        drop = become_user
    else:
        argv = ['unshare', '--user', '--map-user=%d' % USER_ID, '--map-group=%d' % USER_ID] + argv
        drop = None
    log = os.open('/var/log/auth.log', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=drop)
    os.close(log)
    for _ in range(500):
        try:
            socket.create_connection(('127.0.0.1', 22), 1).close()
            break
        except OSError:
            time.sleep(0.01)
    units.log('systemd[1]', 'Started ssh.service - OpenBSD Secure Shell server.')


def become_user():
    os.setgroups([USER_ID])
    os.setgid(USER_ID)
    os.setuid(USER_ID)


def reap():
    """PID 1 buries orphans; its threads do the rest."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            time.sleep(0.2)


if __name__ == '__main__':
    try:
        main()
    except BaseException as error:  # no traceback would be seen, and PID 1 ends with everything
        tell('failed', message='%s: %s' % (type(error).__name__, error))
        os._exit(1)
