import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { connect, type SshConnectOptions } from '../../../src/session/ssh/connect.ts';
import type { Connection } from '../../../src/session/ssh/connection.ts';
import { lines } from '../../../src/session/lines.ts';
import { type SshServerOptions, TestSshServer } from '../../helper/ssh-server.ts';

let server: TestSshServer;
let connection: Connection;

async function start(options?: SshServerOptions, connecting?: SshConnectOptions): Promise<void> {
  server = await TestSshServer.start(options);
  connection = await connect(server.access, connecting);
}

beforeEach(() => start());

afterEach(async () => {
  await connection.close();
  await server.stop();
});

const withCode = (code: string) => expect.objectContaining({ code });

/** Whether a process exists, and is not merely waiting to be reaped. */
async function lives(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z ');
  return !/\) ?Z|^ Z /.test(stat);
}

describe('exec', () => {
  it('gives exit code, stdout and stderr', async () => {
    const result = await connection.exec('echo out; echo err >&2; exit 3');
    expect(result).toEqual({ code: 3, signal: null, stdout: Buffer.from('out\n'), stderr: 'err\n' });
  });

  it('gives the signal that ended the process', async () => {
    expect(await connection.exec('kill -TERM $$')).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('passes stdin on, as text, bytes or a stream, and ends it', async () => {
    for (const stdin of ['abc', Buffer.from('abc'), Readable.from(['a', 'bc'])]) {
      expect((await connection.exec('cat', { stdin })).stdout.toString()).toBe('abc');
    }
    expect((await connection.exec('cat')).stdout.length).toBe(0);
  });

  it('does not mind a command that leaves its stdin unread', async () => {
    const stdin = Buffer.alloc(8 << 20);
    expect(await connection.exec('exit 4', { stdin })).toMatchObject({ code: 4 });
    expect(await connection.exec('exit 5', { stdin: Readable.from([stdin, stdin, stdin]) })).toMatchObject({
      code: 5,
    });
  });

  it('fails with the error of its stdin', async () => {
    const stdin = new Readable({ read: () => {} });
    setImmediate(() => stdin.destroy(new Error('disk on fire')));
    await expect(connection.exec('cat', { stdin })).rejects.toThrow('disk on fire');
  });

  it('takes 20 MB from stdout', async () => {
    const { stdout } = await connection.exec('head -c 20000000 /dev/zero', { maxOutput: 20_000_000 });
    expect(stdout.length).toBe(20_000_000);
  });

  it('is lost, not refused, when the connection goes before the command is answered', async () => {
    await connection.close();
    await server.stop();
    await start({ hangsUp: true });
    await expect(connection.exec('true')).rejects.toThrow(withCode('session-lost'));
  });

  it('waits for output that comes long after the server has told the end', async () => {
    await connection.close();
    await server.stop();
    await start({ lateOutput: 1200 });
    const result = await connection.exec('echo out; echo err >&2; exit 3');
    expect(result).toEqual({ code: 3, signal: null, stdout: Buffer.from('out\n'), stderr: 'err\n' });
  });

  it('refuses more output than it may take, and kills the command', async () => {
    const flooding = connection.exec('exec yes', { maxOutput: 1000 });
    await expect(flooding).rejects.toThrow(withCode('session-output'));
    const [pid = 0] = server.pids;
    await expect.poll(() => lives(pid)).toBe(false);
  });

  it('keeps only the end of a long stderr', async () => {
    const { stderr } = await connection.exec('(yes error | head -c 5000000; echo last) >&2');
    expect(stderr.length).toBe(64 << 10);
    expect(stderr.endsWith('last\n')).toBe(true);
  });

  it('kills the command when it is late, though its stdin has ended', async () => {
    await expect(connection.exec('sleep 1000', { timeout: 50 })).rejects.toThrow(withCode('session-timeout'));
    const [pid = 0] = server.pids;
    await expect.poll(() => lives(pid)).toBe(false);
  });

  it('kills the command when it is stopped', async () => {
    const stop = new AbortController();
    const running = connection.exec('sleep 1000', { signal: stop.signal });
    await expect.poll(() => server.pids.size).toBe(1);
    stop.abort();
    await expect(running).rejects.toThrow(withCode('session-aborted'));
    const [pid = 0] = server.pids;
    await expect.poll(() => lives(pid)).toBe(false);
  });

  it('is lost with the connection', async () => {
    const running = connection.exec('sleep 1000');
    await expect.poll(() => server.pids.size).toBe(1);
    server.reset();
    await expect(running).rejects.toThrow(withCode('session-lost'));
    await expect(connection.closed).resolves.toMatchObject({
      code: 'session-lost',
      about: expect.any(String),
    });
    await expect(connection.exec('true')).rejects.toThrow(withCode('session-lost'));
  });
});

describe('run', () => {
  it('gives the result of a command that succeeded', async () => {
    expect((await connection.run('echo good')).stdout.toString()).toBe('good\n');
  });

  it('fails with the name, exit code and last words of one that did not', async () => {
    const { user, host, port } = server.access;
    const failing = connection.run('echo first >&2; echo no such file >&2; exit 7', { name: 'the setup' });
    await expect(failing).rejects.toThrow(
      `the setup on ${user}@${host}:${port} failed with exit code 7: no such file`,
    );
    await expect(connection.run('kill -KILL $$')).rejects.toThrow(/^kill on .* was ended by SIGKILL$/);
  });
});

describe('save', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cnd-save-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('streams stdout to a file', async () => {
    const file = join(directory, 'log');
    const saved = await connection.save('head -c 20000000 /dev/zero', file);
    expect(saved).toEqual({ bytes: 20_000_000, truncated: false });
    const hash = createHash('sha256').update(await readFile(file));
    expect(hash.digest('hex')).toBe(createHash('sha256').update(Buffer.alloc(20_000_000)).digest('hex'));
  });

  it('leaves no file behind when the command fails, is stopped or lost', async () => {
    const file = join(directory, 'log');
    await expect(connection.save('echo part; exit 1', file)).rejects.toThrow(withCode('session-exit'));
    await expect(connection.save('echo part; sleep 1000', file, { timeout: 50 })).rejects.toThrow(
      withCode('session-timeout'),
    );
    const lost = connection.save('echo part; sleep 1000', file);
    await expect.poll(() => server.pids.size).toBe(3);
    server.reset();
    await expect(lost).rejects.toThrow(withCode('session-lost'));
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('stream', () => {
  it('talks both ways until stdin ends', async () => {
    const channel = await connection.stream('while read -r line; do echo "got $line"; done; exit 9');
    channel.stderr.resume();
    const heard = lines(channel.stdout);
    channel.stdin.write('one\n');
    expect(await heard.next()).toEqual({ done: false, value: 'got one' });
    channel.stdin.write('two\n');
    expect(await heard.next()).toEqual({ done: false, value: 'got two' });
    channel.stdin.end();
    expect(await heard.next()).toEqual({ done: true, value: undefined });
    expect(await channel.exit).toEqual({ code: 9, signal: null });
  });

  it('kills, also after stdin has ended, and sees the death', async () => {
    const channel = await connection.stream('sleep 1000');
    channel.stdin.end();
    await once(channel.stdin, 'finish');
    channel.kill('KILL');
    expect(await channel.exit).toEqual({ code: null, signal: 'SIGKILL' });
    channel.kill('KILL');
  });

  it('holds back a writer that the command does not read', async () => {
    const channel = await connection.stream('read -r line; sleep 1000');
    let written = 0;
    const endless = Readable.from(
      (function* () {
        for (; ; written += 64 << 10) yield Buffer.alloc(64 << 10);
      })(),
    );
    endless.pipe(channel.stdin);
    let before = -1;
    // Until it stands still: the window of 2 MiB and what the pipes hold.
    await expect
      .poll(
        () => {
          const still = written === before;
          before = written;
          return still && written > 0;
        },
        { interval: 100 },
      )
      .toBe(true);
    expect(written).toBeLessThan(16 << 20);
    channel.kill('KILL');
    expect(await channel.exit).toMatchObject({ signal: 'SIGKILL' });
    expect(channel.stdin.destroyed).toBe(true);
    endless.destroy();
  });

  it('holds back a command that is not listened to', async () => {
    const channel = await connection.stream('exec yes');
    await once(channel.stdout, 'readable');
    let before = -1;
    const held = () => {
      const still = channel.stdout.readableLength === before;
      before = channel.stdout.readableLength;
      return still;
    };
    await expect.poll(held, { interval: 100 }).toBe(true);
    expect(channel.stdout.readableLength).toBeLessThan(8 << 20);
    channel.kill('KILL');
    expect(await channel.exit).toMatchObject({ signal: 'SIGKILL' });
  });

  it('is lost when the connection is, with the streams ended', async () => {
    const channel = await connection.stream('echo hello; sleep 1000');
    channel.stderr.resume();
    await once(channel.stdout, 'readable');
    server.reset();
    expect(await channel.exit).toBe('lost');
    expect(await text(channel.stdout)).toBe('hello\n');
    // Nothing of this may throw, or end the process.
    channel.stdin.write('into the void');
    channel.kill('KILL');
    channel.close();
  });

  it('is lost when it ends without a word', async () => {
    await connection.close();
    await server.stop();
    await start({ mute: true });
    // The shell that would tell it is the parent of the command's.
    const channel = await connection.stream('kill -KILL $PPID');
    channel.stdout.resume();
    channel.stderr.resume();
    expect(await channel.exit).toBe('lost');
    await expect(connection.exec('kill -KILL $PPID')).rejects.toThrow(withCode('session-lost'));
  });

  it('tells by itself how it ended, where the server does not', async () => {
    await connection.close();
    await server.stop();
    await start({ mute: true });
    expect(await connection.exec('echo out; exit 7')).toMatchObject({
      code: 7,
      stdout: Buffer.from('out\n'),
    });
  });

  it('does not start when it is stopped before', async () => {
    const starting = connection.stream('true', { signal: AbortSignal.abort() });
    await expect(starting).rejects.toThrow(withCode('session-aborted'));
    expect(server.pids.size).toBe(0);
  });

  it('kills what it started when it is stopped meanwhile', async () => {
    const stop = new AbortController();
    const starting = connection.stream('sleep 1000', { signal: stop.signal });
    stop.abort();
    await expect(starting).rejects.toThrow(withCode('session-aborted'));
    await expect.poll(() => server.pids.size).toBe(1);
    const [pid = 0] = server.pids;
    await expect.poll(() => lives(pid)).toBe(false);
  });
});

describe('close', () => {
  it('resolves `closed` once, whatever comes later', async () => {
    const channel = await connection.stream('sleep 1000');
    const closing = connection.close();
    server.reset();
    await closing;
    await connection.close();
    await expect(connection.closed).resolves.toBeUndefined();
    expect(await channel.exit).toBe('lost');
    await expect(connection.exec('true')).rejects.toThrow(withCode('session-lost'));
  });

  it('survives a reset that comes after it', async () => {
    const problems: unknown[] = [];
    const note = (error: unknown) => problems.push(error);
    process.on('uncaughtExceptionMonitor', note);
    onTestFinished(() => void process.off('uncaughtExceptionMonitor', note));
    const others = await Promise.all(Array.from({ length: 8 }, () => connect(server.access)));
    const closings = others.map((other) => other.close());
    server.reset();
    await Promise.all(closings);
    expect(problems).toEqual([]);
  });

  it('does not wait long for a machine that does not answer', async () => {
    for (const socket of server.sockets) socket.pause().removeAllListeners('data');
    const before = performance.now();
    await connection.close();
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

it('keeps nothing of a command that has ended', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const outputs = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const { stdout, stderr, exit } = await connection.stream('true');
      stdout.resume();
      stderr.resume();
      await exit;
      return new WeakRef(stdout);
    }),
  );
  // What the streams do after their end takes a few turns.
  await vi.waitFor(() => {
    collectGarbage();
    expect(outputs.filter((output) => output.deref() !== undefined)).toEqual([]);
  });
});

it('asks whether a server lives only after a silence', async () => {
  await connection.close();
  await server.stop();
  const interval = 100;
  await start({}, { keepalive: { interval, count: 1000 } });
  const { stdout } = await connection.stream('while echo; do sleep 0.01; done');
  const [socket] = server.sockets;
  let [last, silences] = [performance.now(), 0];
  const begin = { at: last, bytes: socket?.bytesRead ?? 0 };
  for await (const _ of stdout) {
    const now = performance.now();
    silences += Math.floor((now - last) / interval);
    last = now;
    if (now - begin.at > 10 * interval) break;
  }
  const longestQuestion = 100;
  expect((socket?.bytesRead ?? 0) - begin.bytes).toBeLessThanOrEqual(silences * longestQuestion);
});

it('notices by keepalive that nobody answers any more', async () => {
  await connection.close();
  await server.stop();
  await start({}, { keepalive: { interval: 50, count: 2 } });
  const channel = await connection.stream('sleep 1000');
  for (const socket of server.sockets) socket.pause();
  expect(await channel.exit).toBe('lost');
  await expect(connection.closed).resolves.toMatchObject({ message: expect.stringContaining('Keepalive') });
});
