"""What a machine has in place of systemd: the log, timers that `systemd-run` arms, and the power switch."""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import box

MONTHS = ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')
UNITS = {'': 1, 's': 1, 'sec': 1, 'm': 60, 'min': 60, 'h': 3600, 'ms': 0.001}


class Systemd:
    def __init__(self, machine, tell):
        self.machine = machine
        self.tell = tell
        self.timers = {}
        self.lock = threading.Lock()
        self.console = open('/run/stage/console.log', 'a', buffering=1)
        # An image without rsyslog keeps everything in the journal, which no one but journalctl can read.
        path = '/var/log/syslog' if machine['syslog'] else '/run/stage/journal'
        self.file = open(path, 'a', buffering=1)
        if machine['syslog']:
            box.own(machine, path)
        self.listen('/dev/log', socket.SOCK_DGRAM, self.serve_log)
        self.listen('/run/systemd.sock', socket.SOCK_STREAM, self.serve_orders)

    def listen(self, path, kind, serve):
        listener = socket.socket(socket.AF_UNIX, kind)
        listener.bind(path)
        os.chmod(path, 0o666)
        if kind == socket.SOCK_STREAM:
            listener.listen(16)
        threading.Thread(target=serve, args=(listener,), daemon=True).start()

    def log(self, who, text):
        self.write('%s: %s' % (who, text))
        self.console.write('[%.3f] %s: %s\n' % (time.monotonic(), who, text))

    def write(self, text):
        now = time.localtime()
        if self.machine['syslog']:
            stamp = '%s %2d %02d:%02d:%02d' % (MONTHS[now.tm_mon - 1], now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec)
        else:
            stamp = time.strftime('%Y-%m-%dT%H:%M:%S%z', now)
        with self.lock:
            self.file.write('%s %s %s\n' % (stamp, box.hostname(self.machine), text))

    def serve_log(self, listener):
        """rsyslog's part: <priority>date tag: text."""
        while True:
            line = listener.recv(8192).decode(errors='replace').rstrip('\n\0')
            self.write(re.sub(r'^<\d+>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?', '', line))

    def serve_orders(self, listener):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.order, args=(connection,), daemon=True).start()

    def order(self, connection):
        with connection, connection.makefile('rw') as stream:
            request = json.loads(stream.readline())
            code, text = self.obey(request['argv'], request['root'])
            stream.write(json.dumps({'code': code, 'text': text}) + '\n')

    def obey(self, argv, root):
        name, words = argv[0], argv[1:]
        if name == 'journalctl':
            with open('/run/stage/journal' if not self.machine['syslog'] else '/var/log/syslog') as file:
                return 0, file.read()
        if name == 'systemctl' and words[:1] == ['is-active']:
            return self.is_active(words[1:])
        if not root:
            return 1, 'Access denied\n'
        if name == 'systemd-run':
            return self.arm(words)
        if name == 'systemctl' and words[:1] == ['stop']:
            return self.disarm(words[1:])
        power = words[0] if name == 'systemctl' and words else name
        if power in ('poweroff', 'halt', 'shutdown', 'reboot'):
            return self.power('halt' if '--halt' in words or '-H' in words else power)
        return 1, 'Unknown command: %s\n' % ' '.join(argv)

    def arm(self, words):
        """`systemd-run --on-active=…`, in bootcmd's place of the boot."""
        options = [word for word in words if word.startswith('--')]
        split = next((at for at, word in enumerate(words) if not word.startswith('-')), len(words))
        options, command = words[:split], words[split:]
        given = dict(option[2:].split('=', 1) for option in options if '=' in option and option.count('=') == 1)
        if '--no-block' not in options:
            # Waits for a job that waits for sysinit.target, which waits for this (canonical/cloud-init#7052).
            self.log('systemd[1]', 'Job sysinit.target/start running (no limit)')
            threading.Event().wait()
        if '--timer-property=DefaultDependencies=no' not in options or '--property=DefaultDependencies=no' not in options:
            self.log('systemd[1]', 'Found ordering cycle on sysinit.target; the timer is not started')
            return 0, ''
        seconds = duration(given.get('on-active', ''))
        unit = given.get('unit', 'run-r0')
        if seconds is None or not command:
            return 1, 'Failed to parse the timer\n'
        if unit in self.timers:
            return 1, 'Unit %s.timer was already loaded.\n' % unit
        accuracy = next((option.split('=')[-1] for option in options if 'AccuracySec' in option), '1min')
        # systemd lets a timer be late by as much as its AccuracySec.
        timer = threading.Timer(seconds + min(duration(accuracy) or 0, 60) * 0.5, self.elapse, (unit, command))
        timer.daemon = True
        self.timers[unit] = timer
        timer.start()
        self.log('systemd[1]', 'Started %s.timer - /usr/bin/%s.' % (unit, ' '.join(command)))
        self.tell('armed', unit=unit, seconds=seconds)
        return 0, 'Running timer as unit: %s.timer\n' % unit

    def elapse(self, unit, command):
        self.timers.pop(unit, None)
        self.log('systemd[1]', 'Starting %s.service' % unit)
        subprocess.run(command, env=box.environment(root=True), stdin=subprocess.DEVNULL)

    def disarm(self, words):
        for word in words:
            timer = self.timers.pop(word[:-6] if word.endswith('.timer') else word, None)
            if timer:
                timer.cancel()
                self.tell('disarmed', unit=word)
        return 0, ''

    def is_active(self, words):
        units = [word for word in words if not word.startswith('-')]
        states = ['active' if unit.endswith('.timer') and unit[:-6] in self.timers else 'inactive' for unit in units]
        quiet = '--quiet' in words or '-q' in words
        return (0 if 'active' in states else 3), '' if quiet else '\n'.join(states) + '\n'

    def power(self, how):
        self.log('systemd[1]', 'powering off: %s' % how)
        self.tell(how if how in ('halt', 'reboot') else 'poweroff')
        if how == 'halt':
            # The processor stops; EC2 still sees an instance that is running, and bills it.
            os.kill(-1, signal.SIGKILL)
            threading.Event().wait()
        os._exit(0)


def duration(text):
    match = re.fullmatch(r'(\d+(?:\.\d+)?)([a-z]*)', text)
    return float(match[1]) * UNITS[match[2]] if match and match[2] in UNITS else None
