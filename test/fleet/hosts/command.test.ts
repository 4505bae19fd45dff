import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanCommand, guardCommand, syslogCommand, tagCommand } from '../../../src/fleet/hosts/command.ts';
import { bootWorker } from '../../../src/engine/agents/remote-command.ts';
import { WorkerBundles } from '../../../src/engine/agents/worker-bundle.ts';
import { newRunId } from '../../../src/run-id.ts';
import { eventually, orphans } from '../../helper/process.ts';

let home: string;
let run: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cnd-home-'));
  run = newRunId();
});
afterEach(() => {
  const left = orphans(run);
  rmSync(home, { recursive: true });
  if (left.length > 0) throw new Error(`a test left processes behind: ${left.join(' | ')}`);
});

/** Runs a command as sshd does: by a shell, in the home, with pipes. */
const begin = (command: string, shell = '/bin/sh'): ChildProcess =>
  spawn(shell, ['-c', command], { cwd: home });

async function end(command: string): Promise<{ code: number | null; stdout: string }> {
  const child = begin(command);
  child.stdin?.end();
  if (!child.stdout) throw new Error('no stdout');
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { stdout: await text(child.stdout), code: await closed };
}

const armed = (worker: number, seconds: number): Promise<unknown> =>
  end(guardCommand({ run, worker }, seconds));

const directory = (worker: number): string => join(home, '.cnd', run, String(worker));
const working = (worker: number): ChildProcess =>
  begin(tagCommand({ run, worker }, 'sleep 1000 & exec sleep 1000'));
const expectCleaned = async (seconds: number): Promise<void> => {
  const cleaned = (): boolean => orphans(run).length === 0 && !existsSync(join(home, '.cnd'));
  expect(await eventually('clean', cleaned, seconds)).toBe(true);
};
const workers = (): number => orphans(run).filter((line) => line.includes('sleep 1000')).length;

describe('the commands', () => {
  it('hold no newline, and no backslash between quotes, so that fish and csh pass them on', () => {
    const place = { run, worker: 3 };
    for (const command of [
      guardCommand(place, 9.1),
      cleanCommand(place),
      cleanCommand({ run }),
      tagCommand(place, 'true'),
      syslogCommand(place),
    ]) {
      expect(command).not.toContain('\n');
      expect(command.replaceAll(String.raw`'\''`, '')).not.toContain('\\');
    }
  });
});

describe('the guard', () => {
  it('says armed, lets go of its channel, and cleans up when its time is over', async () => {
    expect(await end(guardCommand({ run, worker: 0 }, 3))).toEqual({ code: 0, stdout: 'armed\n' });
    working(0);
    await eventually('two workers', () => workers() === 2);
    expect(existsSync(directory(0))).toBe(true);
    await expectCleaned(15);
  });

  it('ignores hangups', async () => {
    await armed(0, 3);
    working(0);
    await eventually('two workers', () => workers() === 2);
    for (const line of orphans(run).filter((one) => / S.* sh |\/bin\/sh/.test(one)))
      for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT'] as const)
        process.kill(Number.parseInt(line, 10), signal);
    expect(workers()).toBe(2);
    await expectCleaned(15);
  });

  it('takes nothing from a guard that came after it', async () => {
    await armed(0, 4);
    await armed(0, 10);
    const guards = (): number => orphans(run).filter((line) => / sleep \d{1,2}( |$)/.test(line)).length;
    await eventually('both guards wait', () => guards() === 2);
    working(0);
    await eventually('two workers', () => workers() === 2);
    await eventually('the first has gone', () => guards() === 1);
    expect(workers()).toBe(2);
    expect(existsSync(directory(0))).toBe(true);
    await expectCleaned(20);
  });

  it('fires when the wall clock says so, after a suspension, and not later for a step back of it', async () => {
    // A `date` of our own, whose clock is a file: what the machine's own clock shows is everybody's.
    const clock = join(home, 'clock');
    mkdirSync(join(home, 'bin'));
    writeFileSync(
      join(home, 'bin', 'date'),
      `#!/bin/sh\ncase "$1" in +%s) exec cat ${clock};; "+%s "*) echo "$(cat ${clock}) $(/bin/date "+\${1#+%s }")";; *) exec /bin/date "$@";; esac\n`,
      {
        mode: 0o755,
      },
    );
    const path = `PATH=${join(home, 'bin')}:$PATH`;
    const arm = (worker: number, seconds: number): Promise<unknown> =>
      end(`export ${path}; ${guardCommand({ run, worker }, seconds)}`);
    writeFileSync(clock, '1000\n');
    await arm(0, 600);
    writeFileSync(clock, '5000\n'); // asleep for an hour, of which no sleep knows
    await expectCleaned(15);
    await arm(1, 3);
    writeFileSync(clock, '10\n');
    await expectCleaned(15);
    // It says nothing at all any more.
    writeFileSync(clock, '1000\n');
    await arm(2, 3);
    writeFileSync(clock, '');
    await expectCleaned(15);
  });

  // Only root may become another user, whose processes are limited.
  it.runIf(process.getuid?.() === 0)('survives that no process can be started for a while', async () => {
    const uid = 60_000 + (process.pid % 5000);
    chownSync(home, uid, uid);
    const user = { cwd: home, uid, gid: uid };
    execFileSync('/bin/sh', ['-c', guardCommand({ run, worker: 0 }, 4)], user);
    const guard = Number.parseInt(
      await eventually('the guard', () => orphans(run).find((line) => line.includes('again()'))),
      10,
    );
    const limit = (most: string): void => {
      execFileSync('prlimit', ['--pid', `${guard}`, `--nproc=${most}:`], user);
    };
    limit('0');
    await eventually('it waits by python3', () => orphans(run).some((line) => line.includes('python3')));
    expect(existsSync(directory(0))).toBe(true);
    limit('1000');
    await expectCleaned(20);
  });

  it('says that the disk is full, where it is', async () => {
    mkdirSync(directory(0), { recursive: true });
    symlinkSync('/dev/full', join(directory(0), 'guard'));
    for (const shell of ['/bin/sh', 'bash']) {
      const child = begin(guardCommand({ run, worker: 0 }, 60), shell);
      if (!child.stderr) throw new Error('no stderr');
      const ended = once(child, 'exit');
      expect((await text(child.stderr)).trim().split('\n').at(-1)).toMatch(/No space left on device$/);
      expect(await ended).toEqual([73, null]);
    }
  });

  it('fails where nothing can be put', async () => {
    writeFileSync(join(home, '.cnd'), 'a file');
    expect((await end(guardCommand({ run, worker: 0 }, 60))).code).toBe(73);
  });
});

describe('the boot of a worker', () => {
  const boot = (seconds: number): string => {
    const place = { run, worker: 0 };
    const { loader } = new WorkerBundles();
    return tagCommand(place, bootWorker(run, 0, 60, loader, { guard: guardCommand(place, seconds) }));
  };

  it('does not take its guard along when it is given up', async () => {
    const child = spawn('/bin/sh', ['-c', boot(4)], { cwd: home, detached: true });
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually('platform', () => said.startsWith('armed\nplatform '));
    process.kill(-Number(child.pid), 'SIGTERM');
    expect(await ended).toBe('SIGTERM');
    working(0);
    await eventually('two workers', () => workers() === 2);
    await expectCleaned(15);
  });

  it('puts nothing where its guard cannot be armed', async () => {
    writeFileSync(join(home, '.cnd'), 'a file');
    expect(await end(boot(60))).toEqual({ code: 73, stdout: '' });
  });
});

describe('the cleanup', () => {
  it('ends and removes one worker, and leaves those beside it alone', async () => {
    // Worker 1 and 11: the one is the beginning of the other.
    await armed(1, 60);
    await armed(11, 60);
    working(1);
    working(11);
    await eventually('four workers', () => workers() === 4);
    expect(await end(cleanCommand({ run, worker: 1 }))).toEqual({ code: 0, stdout: 'clean\n' });
    expect(workers()).toBe(2);
    expect([existsSync(directory(1)), existsSync(directory(11))]).toEqual([false, true]);
    expect(await end(cleanCommand({ run, worker: 11 }))).toEqual({ code: 0, stdout: 'clean\n' });
    expect(orphans(run)).toEqual([]);
    expect(existsSync(join(home, '.cnd'))).toBe(false);
  });

  it('of a whole run ends all of its workers and guards, and nothing of another run', async () => {
    const other = newRunId();
    await armed(1, 60);
    await armed(11, 60);
    working(1);
    working(11);
    begin(tagCommand({ run: other, worker: 1 }, 'exec sleep 1000'));
    await end(guardCommand({ run: other, worker: 1 }, 60));
    await eventually('four workers', () => workers() === 4);
    await eventually('the other', () => orphans(other).some((line) => line.includes('sleep 1000')));
    expect(await end(cleanCommand({ run }))).toEqual({ code: 0, stdout: 'clean\n' });
    expect(orphans(run)).toEqual([]);
    expect(readdirSync(join(home, '.cnd'))).toEqual([other]);
    expect(orphans(other).length).toBeGreaterThanOrEqual(2);
    expect(await end(cleanCommand({ run: other }))).toEqual({ code: 0, stdout: 'clean\n' });
    expect(orphans(other)).toEqual([]);
    expect(existsSync(join(home, '.cnd'))).toBe(false);
  });

  it('is done at once where nothing is', async () => {
    expect(await end(cleanCommand({ run, worker: 0 }))).toEqual({ code: 0, stdout: 'clean\n' });
  });

  it('works by ps where there is no /proc', async () => {
    await armed(0, 60);
    working(0);
    await eventually('two workers', () => workers() === 2);
    const command = cleanCommand({ run, worker: 0 }).replace('/proc/self/environ', '/nowhere');
    expect(await end(command)).toEqual({ code: 0, stdout: 'clean\n' });
    expect(orphans(run)).toEqual([]);
  });

  it('leaves what other runs and the user have in that place', async () => {
    mkdirSync(join(home, '.cnd'));
    writeFileSync(join(home, '.cnd', 'mine'), 'kept');
    await armed(0, 60);
    expect((await end(cleanCommand({ run, worker: 0 }))).code).toBe(0);
    expect(readFileSync(join(home, '.cnd', 'mine'), 'utf8')).toBe('kept');
  });
});

it('gives the lines of one worker, gzip-compressed, also when it never started', async () => {
  await armed(0, 60);
  await armed(1, 60);
  const child = begin(syslogCommand({ run, worker: 1 }));
  const data: Buffer[] = [];
  child.stdout?.on('data', (part: Buffer) => data.push(part));
  await new Promise((resolve) => child.once('close', resolve));
  expect(gunzipSync(Buffer.concat(data)).toString()).toMatch(
    new RegExp(`^\\w{3} [ \\d]\\d [\\d:]{8} \\S+ cnd-guard\\[\\d+\\]: run=${run} worker=1 armed\\n$`),
  );
  for (const worker of [0, 1]) await end(cleanCommand({ run, worker }));
});
