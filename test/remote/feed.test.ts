import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';

const prelude = `import os
from loop import Feed, Loop
loop = Loop()
read, write = os.pipe()
os.set_blocking(write, False)
feed = Feed(loop, write)
`;

describe('what a child is fed with', () => {
  it('is written at once as far as it goes, and the rest when it reads', () => {
    const size = 1_000_000;
    const [before, watched, got, after] = evaluate(`${prelude}
import threading
data = bytes(range(256)) * (${size} // 256)
feed.add(data[:10])
feed.add(data[10:])
before = len(feed.rest)
feed.flush()
watched = write in loop.handlers
got = []
def reading():
    while sum(map(len, got)) < len(data):
        got.append(os.read(read, 65536))
reader = threading.Thread(target=reading)
reader.start()
while feed.rest:
    loop.turn(1)
reader.join()
print(json.dumps([before, watched, b''.join(got) == data, write in loop.handlers]))
`) as unknown[];
    expect(before).toBe(size - (size % 256));
    expect([watched, got, after]).toEqual([true, true, false]);
  });

  it('is dropped when it has died, which is no error and nothing to wait for', () => {
    const [watched, left, after] = evaluate(`${prelude}
feed.add(bytes(1000000))
feed.flush()
watched = write in loop.handlers
os.close(read)
loop.turn(1)
feed.add(b'more')
feed.flush()
print(json.dumps([watched, len(feed.rest), write in loop.handlers]))
`) as unknown[];
    expect([watched, left, after]).toEqual([true, 0, false]);
  });
});

describe('a process', () => {
  it('is neither watched nor open any more once it is closed', () => {
    const [said, how, watched, open] = evaluate(`
import os
from time import sleep
from loop import READ, Feed, Loop
from process import Process
loop = Loop()
child = Process(['/bin/sh', '-c', 'read word && echo $word && read word || exit 3'])
fds = list(child.fds)
for fd in fds[1:]:
    loop.watch(fd, READ, lambda fd: None)
words = Feed(loop, child.stdin)
words.add(b'hello\\n')
words.flush()
os.set_blocking(child.stdout, True)
said = os.read(child.stdout, 100).decode()
child.end_input(loop)
how = None
while not how:
    how = child.reap()
    sleep(0.01)
child.close(loop)
def is_open(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False
print(json.dumps([said, how, [fd in loop.handlers for fd in fds], [is_open(fd) for fd in fds]]))
`) as unknown[];
    expect([said, how]).toEqual(['hello\n', 'exit code 3']);
    expect(watched).toEqual([false, false, false]);
    expect(open).toEqual([false, false, false]);
  });
});
