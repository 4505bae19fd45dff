import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helper/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;

/** A copy of cnd whose native kernel hangs, ignores SIGTERM, and notes the pids of itself and its child. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-plan-'));
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const build = join(folder, 'remote/kernel/build');
  mkdirSync(build, { recursive: true });
  const kernel = `#!/bin/sh\ntrap '' TERM INT HUP\nsleep 99 &\necho $! $$ >"$CND_TEST_PIDS"\nwhile :; do sleep 99; done\n`;
  writeFileSync(join(build, `kernel-${process.platform}-${process.arch}`), kernel, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
  /** Resolves once the kernel hangs. */
  readonly pids: () => Promise<number[]>;
}

function cnd(name: string, args: readonly string[]): Started {
  const pids = join(folder, `${name}.pids`);
  const child = spawn(process.execPath, [join(folder, 'bin/cnd.js'), ...args], {
    cwd: folder,
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state'), CND_TEST_PIDS: pids },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // That it plans is told as progress, each line with its time.
  const error = (): string => stderr.replace(/^\[ *[\d.]+\] .*\n/gm, '');
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr: error() }));
  const read = (): number[] | false =>
    existsSync(pids) &&
    readFileSync(pids, 'utf8').endsWith('\n') &&
    readFileSync(pids, 'utf8').trim().split(' ').map(Number);
  return { child, ended, pids: () => eventually('the kernel hangs', read, 30) };
}

async function expectDead(pids: readonly number[]): Promise<void> {
  const living = (): string => {
    try {
      return execFileSync('ps', ['-o', 'stat=', '-p', pids.join(',')], { encoding: 'utf8' });
    } catch {
      return '';
    }
  };
  await eventually(
    'the kernel and its child are dead',
    () => !/[^Z\s]/.test(living().replaceAll(/Z\S*/g, '')),
  );
}

const limits = ['--N', '1', '--T', '12', '--D', '2'];

describe('a native kernel that hangs and ignores SIGTERM', { timeout: 60_000 }, () => {
  test.concurrent('does not hold up a start beyond T', async () => {
    const begin = performance.now();
    const { ended, pids } = cnd('limit', ['start', ...limits]);
    const { code, stderr } = await ended;
    expect(stderr).toMatch(
      /the checks before the launch did not finish within 9 s \(T is 12 s, of which 3 s are reserved for teardown\); nothing was launched/,
    );
    expect(code).toBe(1);
    // It was 12 s and those of the kernel's own patience; a loaded machine may be slow to start and to end.
    expect(performance.now() - begin).toBeGreaterThan(2000);
    await expectDead(await pids());
    expect(existsSync(join(folder, 'logs'))).toBe(false);
  });

  test.concurrent.each([
    ['start', 'SIGINT', 130],
    ['start', 'SIGTERM', 143],
    ['bench', 'SIGINT', 130],
  ] as const)('%s ends at once at %s', async (command, signal, expected) => {
    const started = cnd(
      `${command}-${signal}`,
      command === 'start' ? ['start', '--N', '1', '--T', '80000', '--D', '2'] : ['bench'],
    );
    const pids = await started.pids();
    started.child.kill(signal);
    const { code, stderr } = await started.ended;
    expect({ code, stderr }).toEqual({ code: expected, stderr: '' });
    await expectDead(pids);
  });
});
