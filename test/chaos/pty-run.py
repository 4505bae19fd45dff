"""Runs a command on a terminal of its own, drawing into nothing: pty-run.py PIDFILE COMMAND…

SIGUSR1 presses Ctrl-S; SIGUSR2 closes the terminal. Ends with the exit code of the command, 128 + n after a signal.
"""
import os
import pty
import signal
import sys

pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
with open(sys.argv[1] + '.part', 'w') as file:
    file.write('%d\n' % pid)
os.rename(sys.argv[1] + '.part', sys.argv[1])
wanted = []
signal.signal(signal.SIGUSR1, lambda *_: os.write(master, b'\x13'))
signal.signal(signal.SIGUSR2, lambda *_: wanted.append('close'))
signal.siginterrupt(signal.SIGUSR2, True)
import select

while not wanted:
    try:
        ready, _, _ = select.select([master], [], [], 0.2)
        if ready and not os.read(master, 65536):
            break
    except OSError:
        break  # the command has ended
if wanted:
    os.close(master)
_, status = os.waitpid(pid, 0)
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
