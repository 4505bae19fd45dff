import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { newRunId } from '../../src/run-id.ts';
import {
  findByPs,
  findTagged,
  identify,
  identifyByPs,
  isAlive,
  killProcess,
  parsePs,
  parseStat,
  tagged,
} from '../../src/state/process.ts';
import { eventually } from '../helper/process.ts';

const started = new Set<ChildProcess>();

afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
});

function start(
  env: Record<string, string> = {},
  command = 'exec sleep 1000',
): ChildProcess & { pid: number } {
  const child = spawn('/bin/sh', ['-c', command], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: 'ignore',
  });
  started.add(child);
  const { pid } = child;
  if (pid === undefined) throw new Error('no process');
  return Object.assign(child, { pid });
}

function identity(pid: number): NonNullable<ReturnType<typeof identify>> {
  const found = identify(pid);
  if (!found) throw new Error(`no process ${pid}`);
  return found;
}

describe('the identity of a process', () => {
  test('stays the same while it lives, and dies with it', async () => {
    const child = start();
    const who = identity(child.pid);
    expect(identify(child.pid)).toEqual(who);
    expect(isAlive(who)).toBe(true);
    expect(killProcess(who, 'SIGKILL')).toBe(true);
    await once(child, 'exit');
    expect(isAlive(who)).toBe(false);
    expect(identify(child.pid)).toBeUndefined();
    expect(killProcess(who, 'SIGKILL')).toBe(false);
  });

  test('is not that of a later process with the same pid: such a one is never killed', () => {
    const child = start();
    const recycled = { ...identity(child.pid), start: '1' };
    expect(isAlive(recycled)).toBe(false);
    expect(killProcess(recycled, 'SIGKILL')).toBe(false);
    expect(isAlive(identity(child.pid))).toBe(true);
  });

  test('is not that of a zombie', async () => {
    // The inner shell ends at once, and `sleep`, which its parent has become, does not wait for it.
    const parent = start({}, '(exit 0) & exec sleep 1000');
    const zombie = await eventually('a zombie', () => {
      const { stdout } = spawnSync('ps', ['-o', 'pid=,stat=', '--ppid', String(parent.pid)], {
        encoding: 'utf8',
      });
      const [pid, state] = stdout.trim().split(/\s+/);
      return state?.startsWith('Z') === true && Number(pid);
    });
    expect(identify(zombie)).toBeUndefined();
    expect(identifyByPs(zombie)).toBeUndefined();
  });

  test('is read from stat however the program is named', () => {
    const rest = `S 1 2 3 0 -1 4194304 125 0 0 0 0 0 0 0 20 0 1 0 79935 3932160 536`;
    for (const name of ['sh', 'a b', ') S 1 2', '((', 'x) Z (']) {
      expect(parseStat(7, `7 (${name}) ${rest}`)).toEqual({ pid: 7, start: '79935' });
    }
    expect(parseStat(7, `7 (sh) ${rest.replace('S', 'Z')}`)).toBeUndefined();
    expect(parseStat(7, '')).toBeUndefined();
  });
});

describe('processes found by tag', () => {
  test('carry their run, instance and identity', async () => {
    const [run, other] = [newRunId(), newRunId()];
    const instance = `l-${run.slice(-4)}-0`;
    const child = start({ CND_RUN: run, CND_INSTANCE: instance, SECRET: 'no' });
    const machinery = start({ CND_RUN: run, CND_ROLE: 'local-host' });
    const stranger = start({ CND_RUN: other });
    start({ CND_RUN: `${run}0` });
    const found = await eventually('both', () => {
      const all = findTagged(run);
      return all.length === 2 && all.toSorted((a, b) => a.pid - b.pid);
    });
    expect(found).toEqual([
      { ...identity(child.pid), run, instance, tags: { CND_RUN: run, CND_INSTANCE: instance } },
      { ...identity(machinery.pid), run, tags: { CND_RUN: run, CND_ROLE: 'local-host' } },
    ]);
    expect(findTagged().map(({ pid }) => pid)).toEqual(expect.arrayContaining([child.pid, stranger.pid]));
  });

  test('are found after a double fork with a session of their own', async () => {
    const run = newRunId();
    start({ CND_RUN: run }, 'setsid sh -c "sleep 1000 & exit 0" & exit 0');
    const daemon = await eventually('the daemon alone', () => {
      const [one, ...others] = findTagged(run);
      const isSleep = (pid: number): boolean =>
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep');
      // At first it is the shell that forks it that is alone.
      return one !== undefined && others.length === 0 && isSleep(one.pid) && one;
    });
    expect(killProcess(daemon, 'SIGKILL')).toBe(true);
    await eventually('gone', () => findTagged(run).length === 0);
  });

  test('are found by ps as well', async () => {
    const run = newRunId();
    const instance = `l-${run.slice(-4)}-0`;
    const child = start({ CND_RUN: run, CND_INSTANCE: instance });
    const [found] = await eventually('it', () => {
      const all = findByPs(run);
      return all.length === 1 && all;
    });
    expect(found).toMatchObject({ ...identifyByPs(child.pid), run, instance });
  });

  test('are not none because ps could not list them', () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      expect(() => findByPs()).toThrow('ENOENT');
    } finally {
      process.env['PATH'] = path;
    }
    const bin = mkdtempSync(join(tmpdir(), 'cnd-ps-'));
    writeFileSync(join(bin, 'ps'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    process.env['PATH'] = `${bin}:${path}`;
    try {
      expect(() => findByPs()).toThrow('Command failed');
      expect(identifyByPs(process.pid)).toBeUndefined();
    } finally {
      process.env['PATH'] = path;
      rmSync(bin, { recursive: true });
    }
  });

  test('need the whole tag', () => {
    const who = { pid: 1, start: '2' };
    const run = newRunId();
    expect(tagged(who, [`XCND_RUN=${run}`, `CND_RUN=${run}b`], run)).toEqual([]);
    expect(tagged(who, ['CND_RUN='])).toEqual([]);
    expect(tagged(undefined, [`CND_RUN=${run}`], run)).toEqual([]);
    expect(tagged(who, [`CND_RUN=${run}`, 'CND_SYSLOG=/x=y'], run)[0]?.tags['CND_SYSLOG']).toBe('/x=y');
  });

  test('say nothing that is not a run id and an instance of that run', () => {
    const who = { pid: 1, start: '2' };
    const run = newRunId();
    for (const id of ['../../victim', `${run}/..`, `${run}\n`, ` ${run}`, '*', run.toUpperCase(), '.'])
      expect(tagged(who, [`CND_RUN=${id}`])).toEqual([]);
    const instanceOf = (id: string): string | undefined =>
      tagged(who, [`CND_RUN=${run}`, `CND_INSTANCE=${id}`])[0]?.instance;
    for (const id of [`l-${run.slice(-4)}-0`, `h12-${run}`]) expect(instanceOf(id)).toBe(id);
    for (const id of ['../x', `l-${run.slice(-4)}-01`, 'l-____-0', `h1-${run}x`, `h-1-${run}`, ''])
      expect(instanceOf(id)).toBeUndefined();
  });
});

test('lines of ps are read, and those of zombies skipped', () => {
  const output = [
    '  412 Ss   Fri Nov 20 09:25:27 2026 /bin/sh -c x CND_RUN=a',
    '  413 Z+   Fri Nov 20 09:25:27 2026 [sh] <defunct>',
    '  414 R    Tue Dec  1 00:00:00 2026',
    'nonsense',
  ].join('\n');
  expect(parsePs(output)).toEqual([
    { identity: { pid: 412, start: 'Fri Nov 20 09:25:27 2026' }, rest: ' /bin/sh -c x CND_RUN=a' },
    { identity: { pid: 414, start: 'Tue Dec  1 00:00:00 2026' }, rest: '' },
  ]);
});
