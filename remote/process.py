"""A child process on three pipes, and the certainty that it is dead."""
import os
import signal

NICENESS = 19  # sshd and the agent stay responsive, and 256 busy kernels on two cores do not delay their own agents


class Process:
    def __init__(self, argv, nice):
        """Raises OSError when it cannot be started."""
        pairs = [os.pipe() for _ in range(3)]
        theirs = [pairs[0][0], pairs[1][1], pairs[2][1]]
        self.stdin, self.stdout, self.stderr = self.fds = [pairs[0][1], pairs[1][0], pairs[2][0]]
        self.alive = False
        try:
            # Far cheaper than importing subprocess. Pipes of other children are close-on-exec.
            self.pid = os.posix_spawn(
                argv[0],
                argv,
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(theirs)],
                setsigdef=[signal.SIGPIPE],
            )
            self.alive = True
        finally:
            for fd in theirs if self.alive else theirs + self.fds:
                os.close(fd)
        for fd in self.fds:
            os.set_blocking(fd, False)
        if nice:
            os.setpriority(os.PRIO_PROCESS, self.pid, NICENESS)

    def kill(self):
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)  # not reaped yet, so the pid is still its own

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
