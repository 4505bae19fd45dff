"""A command on a terminal of its own: python3 pseudo_terminal.py COLUMNS ROWS STDOUT COMMAND...

STDOUT is `terminal`, or a path that is the command's stdout instead. What the terminal shows goes to this one's stdout.
Orders, one a line, on stdin: `type HEX` types bytes; `hold` stops reading, so that the terminal is full at some time;
`close` is the window being closed. The last line on stderr is how the command ended: `exit CODE` or `signal NUMBER`.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

columns, rows, target = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
pid, master = pty.fork()
if pid == 0:
    if target != "terminal":
        os.dup2(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    os.execvp(sys.argv[4], sys.argv[4:])
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

orders = b""
reading, open_, listening = True, True, True
while True:
    watched = ([master] if open_ and reading else []) + ([0] if listening else [])
    ready, _, _ = select.select(watched, [], [], 0.02)
    if master in ready:
        try:
            os.write(1, os.read(master, 65536))
        except OSError:
            reading = False
    if 0 in ready:
        chunk = os.read(0, 4096)
        listening = chunk != b""
        *lines, orders = (orders + chunk).split(b"\n")
        for line in lines:
            word, _, rest = line.partition(b" ")
            if word == b"type":
                os.write(master, bytes.fromhex(rest.decode()))
            elif word == b"hold":
                reading = False
            elif word == b"settings":
                sys.stderr.write("settings %r\n" % (termios.tcgetattr(master)[:4],))
                sys.stderr.flush()
            elif word == b"close":
                os.close(master)
                open_ = False
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        if open_ and reading:
            try:
                while select.select([master], [], [], 0)[0]:
                    os.write(1, os.read(master, 65536))
            except OSError:
                pass
        how = "signal %d" % os.WTERMSIG(status) if os.WIFSIGNALED(status) else "exit %d" % os.WEXITSTATUS(status)
        sys.stderr.write(how + "\n")
        break
