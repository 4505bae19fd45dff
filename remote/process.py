"""A child process on three pipes, and the certainty that it is dead."""
import _signal  # as in loop.py
import errno
import os

LOWEST = 19  # niceness: sshd, agents that are just starting and whatever else the machine does go first


class Process:
    def __init__(self, argv, own_session=False):
        """Raises OSError when it cannot be started. `own_session`: one that may be told to `give_way` later."""
        self.has_session = own_session
        pairs = [os.pipe() for _ in range(3)]
        theirs = [pairs[0][0], pairs[1][1], pairs[2][1]]
        self.stdin, self.stdout, self.stderr = self.fds = [pairs[0][1], pairs[1][0], pairs[2][0]]
        self.alive = False
        self.killed = False
        try:
            try:
                self.pid = spawn(argv, theirs, setsid=own_session)
            except NotImplementedError:  # a libc that cannot do it
                self.has_session = False
                self.pid = spawn(argv, theirs, setsid=False)
            self.alive = True
        finally:
            for fd in theirs if self.alive else theirs + self.fds:
                os.close(fd)
        for fd in self.fds:
            os.set_blocking(fd, False)

    def give_way(self):
        """From now on everything else on the machine goes first. False if it has to be tried again a little later.

        Where Linux groups processes by session (autogroups, sched(7)), all sessions get the same share of the processor
        and niceness counts only within each: a session of its own lets a kernel give way without its agent."""
        if not self.alive:
            return True
        try:
            os.setpriority(os.PRIO_PROCESS, self.pid, LOWEST)
            if self.has_session:
                self.set_group(LOWEST)
        except OSError as error:
            # Only root may do it as often as it likes, all others together about ten times a second.
            return error.errno != errno.EAGAIN
        return True

    def set_group(self, niceness):
        group = os.open('/proc/%d/autogroup' % self.pid, os.O_WRONLY)
        try:
            os.write(group, b'%d' % niceness)
        finally:
            os.close(group)

    def kill(self):
        if self.alive and not self.killed:
            self.killed = True
            self.give_way_no_more()
            os.kill(self.pid, _signal.SIGKILL)  # not reaped yet, so the pid is still its own

    def give_way_no_more(self):
        """It needs the processor to end, and would wait for it behind everything else and as many busy kernels."""
        try:
            # Only root may. It counts where there are no autogroups, and a process that is ending has none any more.
            os.setpriority(os.PRIO_PROCESS, self.pid, 0)
        except OSError:
            pass
        try:
            if self.has_session:
                self.set_group(0)
        except OSError:
            pass  # as in give_way

    def reap(self):
        """How it ended, in words, once it has; None while it lives."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.alive = False
        if os.WIFSIGNALED(status):
            return 'killed by signal %d' % os.WTERMSIG(status)
        return 'exit code %d' % os.WEXITSTATUS(status)

    def end_input(self, loop):
        """Nothing more is said to it."""
        loop.forget(self.stdin)
        os.close(self.stdin)
        self.fds.remove(self.stdin)
        self.stdin = None

    def close(self, loop):
        """Once it is dead: nothing of it is watched or open any more."""
        for fd in self.fds:
            loop.forget(fd)
            os.close(fd)
        self.fds = []


def spawn(argv, fds, setsid):
    """Far cheaper than importing subprocess. Pipes of other children are close-on-exec."""
    return os.posix_spawn(
        argv[0],
        argv,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(fds)],
        setsigdef=[_signal.SIGPIPE],
        setsid=setsid,
    )
