import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { coveredNonces, endless, executable, zeros, type Job } from '../helper/agent.ts';
import { python, remote } from '../helper/kernel.ts';
import { eventually } from '../helper/process.ts';
import { standIn } from '../helper/stand-in.ts';

// The agent of a pod that nobody drives: what it leaves, and with which code it exits.

interface Message {
  readonly result: string;
  readonly next?: string;
  readonly done?: [string, string][];
  readonly nonce?: string;
  readonly words?: string;
  readonly [field: string]: unknown;
}

const started: { child: ChildProcess; directory: string }[] = [];

afterEach(() => {
  for (const { child, directory } of started.splice(0)) {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
});

/** Starts it for worker 1 of a stride of 2, with so many seconds. */
function detached(
  job: Job,
  { env = {}, seconds = 60, end = 0, held = false, prepare = (_directory: string): void => {} } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-detached-'));
  for (const file of readdirSync(remote).filter((name) => name.endsWith('.py')))
    cpSync(join(remote, file), join(directory, file));
  const path = join(directory, 'job.json');
  writeFileSync(path, JSON.stringify({ ...endless, stride: 2, ...job }));
  const message = join(directory, 'message');
  prepare(directory);
  // What kubelets make, and what a longer message before has left.
  writeFileSync(message, 'x'.repeat(5000));
  const kernel = held ? standIn(directory, { held: true }) : undefined;
  const until = end || Date.now() / 1000 + 600;
  const child = spawn(
    python,
    ['-S', '-E', join(directory, 'detached.py'), path, '1', String(until), String(seconds), message],
    {
      env: { PATH: process.env['PATH'] ?? '', CND_SYSLOG: join(directory, 'syslog'), ...kernel?.env, ...env },
    },
  );
  started.push({ child, directory });
  const exited = once(child, 'exit').then(([code]: unknown[]) => code);
  const read = (): Message | undefined => {
    const [line = ''] = readFileSync(message, 'utf8').split('\n');
    return line.startsWith('{') ? (JSON.parse(line) as Message) : undefined;
  };
  return { child, directory, exited, read, message };
}

/** A space that a test can count through. */
const small = { from: 1000, limit: 61_000, chunk: 7000, stride: 2 };
const smallJob: Job = { from: '1000', limit: '61000', chunk: '7000' };

function covered({ next = '1', done = [] }: Message): Set<number> {
  return coveredNonces([{ residue: 1, next, done }], small);
}

test('a hit: exit 0, and the message tells the nonce and what was tested', async () => {
  const { exited, read, message } = detached({ puzzle: zeros(4) });
  expect(await exited).toBe(0);
  expect(read()).toMatchObject({
    cnd: 1,
    result: 'hit',
    digest: expect.stringMatching(/^0000[0-9a-f]{60}$/),
  });
  expect(read()).toMatchObject({ kernel: 'pow.py', threads: 1, note: expect.stringContaining('no kernel') });
  // Of its own residue: the odd chunks.
  expect((BigInt(read()?.nonce ?? 0) / 1_000_000n) % 2n).toBe(1n);
  expect(readFileSync(message, 'utf8')).toMatch(/\}\n$/);
});

test('its residue is exhausted: not exit 0, and all of it is covered', async () => {
  const { exited, read } = detached(smallJob);
  expect(await exited).toBe(10);
  const message = read();
  expect(message?.result).toBe('exhausted');
  const odd = Array.from({ length: 60_000 }, (_, nonce) => 1000 + nonce).filter(
    (nonce) => Math.floor((nonce - 1000) / 7000) % 2 === 1,
  );
  expect(covered(message ?? { result: '' })).toEqual(new Set(odd));
});

test('it ends at the earlier of a time and its seconds', async () => {
  const [byClock, bySeconds] = [detached({}, { end: Date.now() / 1000 + 2 }), detached({}, { seconds: 2 })];
  expect(await Promise.all([byClock.exited, bySeconds.exited])).toEqual([11, 11]);
  expect([byClock.read()?.result, bySeconds.read()?.result]).toEqual(['deadline', 'deadline']);
  const late = detached({}, { end: 1 });
  expect(await late.exited).toBe(11);
  expect(late.read()?.next).toBeUndefined();
});

test('SIGTERM: what was tested until then is told, and it is no success', async () => {
  const { child, directory, exited, read } = detached({}, { held: true });
  await eventually('a range is searched', () =>
    / \d+ [1-9]\d*$/m.test(readFileSync(join(directory, 'record'), 'utf8')),
  );
  child.kill('SIGTERM');
  expect(await exited).toBe(12);
  const message = read();
  expect(message?.result).toBe('signal');
  const [lo, hi] = message?.done?.[0] ?? [];
  expect([lo, Number(hi) > 1_000_000]).toEqual(['1000000', true]);
  expect(message?.['hashes']).toBe(Number(hi) - Number(lo));
});

test('killed without a word it has noted how far it was', async () => {
  const { child, exited, read } = detached({});
  await eventually('a note', () => read()?.result === 'searching');
  child.kill('SIGKILL');
  expect(await exited).toBeNull();
  expect(read()).toMatchObject({ result: 'searching', next: expect.any(String) });
});

test('a job that it does not understand, and a kernel that never runs, are told', async () => {
  const junk = detached({ puzzle: { scheme: 'md5' } });
  expect(await junk.exited).toBe(13);
  expect(junk.read()).toMatchObject({ result: 'failed', words: expect.stringContaining('md5') });
  const broken = detached({}, { prepare: (directory) => rmSync(join(directory, 'pow.py')) });
  expect(await broken.exited).toBe(13);
  expect(broken.read()).toMatchObject({ result: 'failed', words: expect.stringContaining('kernel') });
});

test('takes, of the kernels that came along, that of its machine', async () => {
  const prepare = (directory: string): void => {
    for (const name of [`${process.platform}-${process.arch}`, 'plan9-vax'])
      executable(join(directory, `kernel-${name}`), `echo ${name} >&2; exit 3`);
  };
  const { exited, read } = detached({ puzzle: zeros(4) }, { prepare });
  expect(await exited).toBe(0);
  expect(read()).toMatchObject({ kernel: 'pow.py', note: expect.stringContaining(process.arch) });
});
