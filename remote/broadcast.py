"""Receives and sends the agent's announcements on the broadcast: a process of its own, so that no slow network delays the agent.

Its first line on stdin is {run, seconds, broadcast}; each further one an announcement to send. It says on stdout, one
JSON object a line: `received` (run, nonce, digest, instance), `sent` (nonce), `ignored` (count), `error` (message, once until
all is well again), `recovered`. At the end of stdin it exits, at the latest when it has sent what it was given.
"""
import json
import os
import sys
import threading
import time
from collections import deque

from deadline import Deadline
from imds import Role, ServiceError
from message import Inbox, fields
from poll_backoff import PollBackoff
from sqs import MOST_MESSAGES, Queue

PAUSE_SECONDS = 0.2  # doubled each time
LONGEST_PAUSE = 5
LINGER_SECONDS = 5  # to send what the agent said just before it ended
EXTRA_SECONDS = 1  # after the agent's own deadline


class EventWriter:
    """Says lines, from any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.failing = set()

    def send(self, event, **fields):
        line = json.dumps(dict(event=event, **fields)).encode() + b'\n'
        with self.lock:
            try:
                os.write(1, line)  # shorter than what a pipe takes at once
            except OSError:
                pass  # the agent is gone, and so is stdin

    def error(self, who, error):
        if who not in self.failing:
            self.failing.add(who)
            self.send('error', message='%s: %s' % (who, words(error)))

    def recovered(self, who):
        if who in self.failing:
            self.failing.discard(who)
            self.send('recovered', message=who)


def words(error):
    """Only what is ours or the system's to say: a message of http.client may quote a header, and with it a token."""
    if isinstance(error, ServiceError):
        return str(error)
    return getattr(error, 'strerror', None) or type(error).__name__


def pause(count):
    return min(LONGEST_PAUSE, PAUSE_SECONDS * 2 ** min(count, 10))


def listen(queue, inbox, events):
    failures = 0
    poll_backoff = PollBackoff(MOST_MESSAGES)
    while True:
        try:
            messages = queue.receive(poll_backoff.hide)
        except Exception as error:  # whatever it is, it must not make the agent deaf
            events.error('listening', error)
            time.sleep(pause(failures))
            failures += 1
            continue
        failures = 0
        events.recovered('listening')
        heard, ignored, fresh = inbox.take(messages)
        for announcement in heard:
            events.send('received', **fields(announcement))
        if ignored:
            events.send('ignored', count=ignored)
        time.sleep(poll_backoff.after(len(messages), fresh))


class Sender:
    """Sends one after the other, each until it is sent."""

    def __init__(self, queue, events):
        self.queue = queue
        self.events = events
        self.waiting = deque()
        self.changed = threading.Condition()

    def add(self, text):
        with self.changed:
            self.waiting.append(text)
            self.changed.notify_all()

    def run(self):
        failures = 0
        while True:
            with self.changed:
                while not self.waiting:
                    self.changed.wait()
                text = self.waiting[0]
            try:
                self.queue.send(text)
            except Exception as error:
                self.events.error('sending', error)
                time.sleep(pause(failures))
                failures += 1
                continue
            failures = 0
            self.events.recovered('sending')
            self.events.send('sent', nonce=json.loads(text)['nonce'])
            with self.changed:
                self.waiting.popleft()
                self.changed.notify_all()

    def finish(self, seconds):
        with self.changed:
            self.changed.wait_for(lambda: not self.waiting, seconds)


def background(action, *arguments):
    threading.Thread(target=action, args=arguments, daemon=True).start()


def end_after(seconds):
    deadline = Deadline(seconds)
    while deadline.left() > 0:
        time.sleep(min(1, deadline.left()))  # a sleep does not count for how long the machine was suspended
    os._exit(0)


def main():
    task = json.loads(sys.stdin.buffer.readline().decode())
    settings = task['broadcast']
    role = Role(settings['imds'])
    events = EventWriter()
    sender = Sender(Queue(settings, role), events)
    background(end_after, task['seconds'] + EXTRA_SECONDS)
    background(listen, Queue(settings, role), Inbox(task['run']), events)
    background(sender.run)
    for line in sys.stdin.buffer:
        sender.add(line.decode().rstrip('\n'))
    sender.finish(LINGER_SECONDS)
    os._exit(0)


if __name__ == '__main__':
    main()
