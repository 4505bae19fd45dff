"""The agent's side of the broadcast: a helper process (broadcast.py) that polls and sends, behind three pipes."""
import json

from choice import script
from loop import READ, Feed, read_some
from message import Announcement, body
from process import Process


class Peers:
    """`host` is the agent: it has loop, job, log and deadline, and is told by peer_hit(nonce, digest, instance), which
    says whether it is true, and report_error(message). Whatever happens here, the search goes on."""

    def __init__(self, host):
        self.host = host
        self.process = None
        self.buffer = b''
        self.ignored = 0  # messages: of other runs, not understood, or not true

    def start(self):
        job = self.host.job
        try:
            # At the agent's own niceness: kernels that take all the time there is must not keep it from listening.
            self.process = Process(script('broadcast.py'))
        except OSError as error:
            self.host.report_error('broadcast: cannot be started: %s; only the controller is used' % error)
            return
        self.words = Feed(self.host.loop, self.process.stdin)
        self.host.loop.watch(self.process.stdout, READ, self.read)
        self.host.loop.watch(self.process.stderr, READ, self.drop)
        task = {'run': job.run, 'seconds': max(0, self.host.deadline.left()), 'broadcast': job.broadcast}
        self.send(json.dumps(task))

    def announce(self, nonce, digest):
        job = self.host.job
        self.send(body(Announcement(job.run, nonce, digest, job.worker)))

    def close(self):
        """Nothing more is announced: the helper ends, after a last try with what it has not sent yet."""
        if self.ignored:
            self.host.log.info('broadcast: %d messages ignored' % self.ignored)
        if self.process:
            self.words.flush()
            self.process.end_input(self.host.loop)

    def send(self, line):
        if self.process and self.process.stdin is not None:
            self.words.add(line.encode() + b'\n')
            self.words.flush()

    def read(self, fd):
        data = read_some(fd)
        if data is None:
            return
        *lines, self.buffer = (self.buffer + data).split(b'\n')
        for line in lines:
            self.handle(json.loads(line.decode()))
        if not data:
            self.host.loop.forget(fd)

    def handle(self, said):
        event = said['event']
        if event == 'received':
            if not self.host.peer_hit(int(said['nonce']), said['digest'], said.get('instance')):
                self.ignored += 1
        elif event == 'ignored':
            self.ignored += said['count']
        elif event == 'sent':
            self.host.log.info('broadcast: %s announced' % said['nonce'])
        elif event == 'error':
            self.host.report_error('broadcast: %s; retrying, and the controller is used' % said['message'])
        elif event == 'recovered':
            self.host.log.info('broadcast: %s works again' % said['message'])

    def drop(self, fd):
        if read_some(fd) == b'':
            self.host.loop.forget(fd)

    def died(self, how):
        """Its process was seen dead."""
        closed = self.process.stdin is None
        self.process.close(self.host.loop)
        self.process = None
        if not closed:
            self.host.report_error('broadcast: ended with %s; only the controller is used' % how)
