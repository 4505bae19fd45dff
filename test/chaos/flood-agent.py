"""What a hostile instance may run in place of its agent: flood-agent.py MODE and what python3 was given."""
import json
import os
import sys
import time

mode = sys.argv[1]
if '-c' in sys.argv:  # it is to receive a worker
    os.write(1, b'platform Linux x86_64\n')
    sys.stdin.buffer.read(int(sys.stdin.buffer.read(10)) + 64)
    os.write(1, b'unpacked\n')
sys.stdin.buffer.readline()  # the attach
os.write(1, b'{"event":"attached","job":false,"survives":false}\n')
job = json.loads(sys.stdin.buffer.readline() or b'{}')
end = time.monotonic() + job.get('seconds', 30) + 1


def say(**event):
    os.write(1, json.dumps(event, separators=(',', ':')).encode() + b'\n')


if mode != 'silent':
    say(event='ready', kernel='kernel', isa='custom', cores=1, threads=1, python='3.11.0')
progress = json.dumps({'event': 'progress', 'residues': [], 'hashes': 1, 'rate': 1}, separators=(',', ':'))
try:
    while time.monotonic() < end and os.getppid() != 1:
        if mode == 'flood':
            os.write(1, (progress + '\n').encode() * 500)
        elif mode == 'flood-stderr':
            os.write(2, b'something went wrong\n' * 500)
        elif mode == 'garbage':
            os.write(1, os.urandom(4096))
            time.sleep(0.01)
        elif mode == 'false-hit':
            say(event='hit', nonce=str(job.get('from', '0')), digest='00' * 32)
            time.sleep(0.01)
        elif mode == 'long-line':
            os.write(1, b'x' * 65536)
        else:
            time.sleep(0.1)
except OSError:
    pass  # nobody reads it any more
