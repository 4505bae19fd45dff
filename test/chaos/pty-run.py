"""Runs a command on a terminal of its own, whose text goes to stdout as far as somebody takes it: pty-run.py PIDFILE COMMAND…

SIGUSR1 presses Ctrl-S; SIGUSR2 closes the terminal. Ends with the exit code of the command, 128 + n after a signal. Who still has
the terminal open 10 s after the command's end is told on stderr.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import time

pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
TIOCGPTN = 0x80045430
terminal = '/dev/pts/%d' % struct.unpack('I', fcntl.ioctl(master, TIOCGPTN, bytes(4)))
os.set_blocking(1, False)
wanted = []
signal.signal(signal.SIGUSR1, lambda *_: wanted.append('stop'))
signal.signal(signal.SIGUSR2, lambda *_: wanted.append('close'))
with open(sys.argv[1] + '.part', 'w') as file:
    file.write('%d\n' % pid)
os.rename(sys.argv[1] + '.part', sys.argv[1])


def is_open():
    """Reads what is there. A terminal that no process has open any more reads as an error."""
    try:
        ready, _, _ = select.select([master], [], [], 0.05)
        return not ready or show(os.read(master, 65536))
    except OSError:
        return False


def show(text):
    """Whether there was any."""
    try:
        os.write(1, text)
    except OSError:
        pass  # nobody reads it, or not now
    return bool(text)


def holders():
    for process in filter(str.isdigit, os.listdir('/proc')):
        try:
            files = {os.readlink('/proc/%s/fd/%s' % (process, fd)) for fd in os.listdir('/proc/%s/fd' % process)}
            if terminal in files:
                with open('/proc/%s/cmdline' % process) as file:
                    yield process + ' ' + file.read().replace('\0', ' ')[:100]
        except OSError:
            pass  # it has ended


status = None
while status is None:
    if 'stop' in wanted:
        wanted.remove('stop')
        try:
            os.write(master, b'\x13')
        except OSError:
            pass  # nobody has it open any more
    if 'close' in wanted:
        os.close(master)
        _, status = os.waitpid(pid, 0)
        break
    if not is_open():
        time.sleep(0.05)  # the command ends, or has closed it
    ended, end = os.waitpid(pid, os.WNOHANG)
    if ended:
        status = end
if 'close' not in wanted:
    patience = time.monotonic() + 10
    while is_open() and time.monotonic() < patience:
        pass
    if is_open():
        print('left on the terminal: ' + '; '.join(holders()), file=sys.stderr)
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
