"""The agent's ear and voice on the broadcast: a process of its own, so that no slow network delays the agent.

Its first line on stdin is {run, seconds, broadcast}; each further one an announcement to send. It says on stdout, one
JSON object a line: `heard` (run, nonce, digest, instance), `sent` (nonce), `ignored` (count), `trouble` (message, once until
all is well again), `well`. At the end of stdin it exits, at the latest when it has sent what it was given.
"""
import json
import os
import sys
import threading
import time
from collections import deque

from imds import Role, Trouble
from message import Inbox, fields
from rhythm import Rhythm
from sqs import MOST_MESSAGES, Queue

PAUSE_SECONDS = 0.2  # doubled each time
LONGEST_PAUSE = 5
LINGER_SECONDS = 5  # to send what the agent said just before it ended
EXTRA_SECONDS = 1  # after the agent's own deadline


class Voice:
    """Says lines, from any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.troubled = set()

    def say(self, event, **fields):
        line = json.dumps(dict(event=event, **fields)).encode() + b'\n'
        with self.lock:
            try:
                os.write(1, line)  # shorter than what a pipe takes at once
            except OSError:
                pass  # the agent is gone, and so is stdin

    def trouble(self, who, problem):
        if who not in self.troubled:
            self.troubled.add(who)
            self.say('trouble', message='%s: %s' % (who, words(problem)))

    def well(self, who):
        if who in self.troubled:
            self.troubled.discard(who)
            self.say('well', message=who)


def words(problem):
    """Only what is ours or the system's to say: a message of http.client may quote a header, and with it a token."""
    if isinstance(problem, Trouble):
        return str(problem)
    return getattr(problem, 'strerror', None) or type(problem).__name__


def pause(count):
    return min(LONGEST_PAUSE, PAUSE_SECONDS * 2 ** min(count, 10))


def listen(queue, inbox, voice):
    failures = 0
    rhythm = Rhythm(MOST_MESSAGES)
    while True:
        try:
            messages = queue.receive(rhythm.hide)
        except Exception as problem:  # whatever it is, it must not make the agent deaf
            voice.trouble('listening', problem)
            time.sleep(pause(failures))
            failures += 1
            continue
        failures = 0
        voice.well('listening')
        heard, ignored, fresh = inbox.take(messages)
        for announcement in heard:
            voice.say('heard', **fields(announcement))
        if ignored:
            voice.say('ignored', count=ignored)
        time.sleep(rhythm.after(len(messages), fresh))


class Sender:
    """Sends one after the other, each until it is sent."""

    def __init__(self, queue, voice):
        self.queue = queue
        self.voice = voice
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
            except Exception as problem:
                self.voice.trouble('sending', problem)
                time.sleep(pause(failures))
                failures += 1
                continue
            failures = 0
            self.voice.well('sending')
            self.voice.say('sent', nonce=json.loads(text)['nonce'])
            with self.changed:
                self.waiting.popleft()
                self.changed.notify_all()

    def finish(self, seconds):
        with self.changed:
            self.changed.wait_for(lambda: not self.waiting, seconds)


def background(action, *arguments):
    threading.Thread(target=action, args=arguments, daemon=True).start()


def end_after(seconds):
    time.sleep(seconds)
    os._exit(0)


def main():
    task = json.loads(sys.stdin.buffer.readline().decode())
    settings = task['broadcast']
    role = Role(settings['imds'])
    voice = Voice()
    sender = Sender(Queue(settings, role), voice)
    background(end_after, task['seconds'] + EXTRA_SECONDS)
    background(listen, Queue(settings, role), Inbox(task['run']), voice)
    background(sender.run)
    for line in sys.stdin.buffer:
        sender.add(line.decode().rstrip('\n'))
    sender.finish(LINGER_SECONDS)
    os._exit(0)


if __name__ == '__main__':
    main()
