"""The interruption notice of a Spot Instance, about two minutes before it is terminated, stopped or hibernated.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
"""
import json
import os
import threading
import time

from imds import Metadata
from loop import READ, read_some

PATH = '/latest/meta-data/spot/instance-action'
POLL_SECONDS = 5  # as AWS recommends
LONGEST_WORD = 100
ACTIONS = ('terminate', 'stop', 'hibernate')


class Interruption:
    """Asks in a thread of its own, so that no slow answer delays the agent. `host` is the agent: it has a loop, and is told once
    by interrupted(action, time)."""

    def __init__(self, host, endpoint):
        self.host = host
        self.endpoint = endpoint
        self.read, self.write = os.pipe()
        os.set_blocking(self.read, False)

    def start(self):
        self.host.loop.watch(self.read, READ, self.hear)
        threading.Thread(target=self.poll, daemon=True).start()

    def poll(self):
        metadata = Metadata(self.endpoint)
        while True:
            try:
                notice = parse(metadata.find(PATH))
            except Exception:  # whatever it is, the search goes on: EC2 terminates it without a word then
                notice = None
            if notice:
                os.write(self.write, json.dumps(notice).encode())
                return
            time.sleep(POLL_SECONDS)

    def hear(self, fd):
        data = read_some(fd)
        if data:
            self.host.loop.forget(fd)
            self.host.interrupted(*json.loads(data.decode()))


def parse(body):
    """(action, time) of a notice; None if there is none."""
    if body is None:
        return None
    fields = json.loads(body.decode())
    action, when = fields['action'], fields['time']
    if action not in ACTIONS or not isinstance(when, str) or len(when) > LONGEST_WORD:
        return None
    return action, when
