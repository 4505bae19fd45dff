"""The agent's syslog (RFC 3164): $CND_SYSLOG, else /dev/log, else a file of its own. Every line names the run."""
import os
import time

DEV_LOG = '/dev/log'
MONTHS = ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')  # in no locale
INFO, ERROR = 30, 27  # facility daemon; only the socket wants it, files hold lines without (as rsyslog writes them)
LONGEST = 1000


def escape(text):
    """Control characters as rsyslog shows them, so that one message stays one line."""
    return ''.join('#%03o' % ord(c) if ord(c) < 32 or ord(c) == 127 else c for c in text)[:LONGEST]


class Log:
    def __init__(self, own_file):
        self.own_file = own_file
        self.who = 'run=-'
        self.opened = False
        self.socket = None
        self.file = None

    def name(self, run, worker):
        self.who = 'run=%s worker=%d' % (run, worker)

    def open(self):
        self.opened = True
        path = os.environ.get('CND_SYSLOG')
        if path:
            self.open_file(path)
        elif os.path.exists(DEV_LOG):
            self.open_socket()

    def open_file(self, path):
        try:
            self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:
            self.file = None

    def open_socket(self):
        import socket  # 8 ms: only those who need it pay, and the kernels were started before

        try:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self.socket.connect(DEV_LOG)
        except OSError:
            self.socket = None

    def info(self, text):
        self.write(INFO, text)

    def error(self, text):
        self.write(ERROR, text)

    def write(self, priority, text):
        if not self.opened:
            self.open()
        now = time.localtime()
        stamp = '%s %2d %02d:%02d:%02d' % (MONTHS[now.tm_mon - 1], now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec)
        message = escape('cnd-agent[%d]: %s %s' % (os.getpid(), self.who, text))
        if self.socket and self.send('<%d>%s %s' % (priority, stamp, message)):
            return
        if self.file is None:
            self.open_file(self.own_file)
        self.append('%s %s %s\n' % (stamp, os.uname().nodename.split('.')[0], message))

    def send(self, line):
        try:
            self.socket.send(line.encode(errors='replace'))
            return True
        except OSError:
            return False  # the system's log is full or restarts: the own file has this line instead

    def append(self, line):
        if self.file is None:
            return
        try:
            os.write(self.file, line.encode(errors='replace'))
        except OSError:
            pass  # a full disk must not stop the search
