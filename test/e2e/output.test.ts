import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/event/event.ts';
import { type Workspace, endlessFlags, named, workspace } from '../helper/cnd.ts';
import { untilGone } from '../helper/process.ts';
import { Pty } from '../helper/pty.ts';

const bin = fileURLToPath(new URL('../../bin/cnd.js', import.meta.url));

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

const begin = (N: number, T: number): string[] => `start --N ${N} --T ${T} ${endlessFlags}`.split(' ');

/** A run on a terminal that gets as far as an event within T: on a slow machine it is begun again with twice the T. */
async function reaching(name: RunEvent['event'], T: number): Promise<{ pty: Pty; T: number }> {
  const pty = new Pty(place, begin(2, T));
  if (name === 'launch.started') pty.stopFlow();
  try {
    await pty.event(name);
    return { pty, T };
  } catch (error) {
    if (T > 100) throw error;
    await pty.ended;
    place.remove();
    place = workspace();
    return reaching(name, T * 2);
  }
}

/** How the run ended, from its journal; with no process of it left. */
async function endOf(pty: Pty) {
  const [end] = named(pty.journal(), 'run.ended');
  if (!end) throw new Error(`the journal lacks run.ended: ${JSON.stringify(pty.journal().at(-1))}`);
  await untilGone(end.run);
  return end;
}

describe('flow stopped (Ctrl-S) on the terminal', () => {
  test.each(['launch.started', 'search.all'] as const)(
    'after %s: T is kept, everything is terminated, and cnd exits by itself',
    async (event) => {
      const { pty, T } = await reaching(event, 12);
      pty.stopFlow();
      const begun = performance.now();
      expect(await pty.ended).toBe('exit 1');
      expect(performance.now() - begun).toBeLessThan((T + 15) * 1000);
      const end = await endOf(pty);
      expect(end).toMatchObject({ outcome: 'time-limit', launched: 2, terminated: 2 });
      expect(end.elapsed).toBeLessThan(T);
    },
    300_000,
  );

  test('from the start: the nonce is found and kept; with stdout in a file the result is there, exit 0', async () => {
    const file = join(place.directory, 'result');
    const pty = new Pty(place, ['start', '--N', '1', '--T', '60', '--D', '5'], { stdout: file });
    pty.stopFlow();
    expect(await pty.ended).toBe('exit 0');
    expect(await endOf(pty)).toMatchObject({ outcome: 'found', terminated: 1 });
    expect(readFileSync(file, 'utf8')).toMatch(/^outcome +golden nonce found$/m);
  });

  test('for a while: afterwards everything goes on', async () => {
    const pty = new Pty(place, begin(1, 80));
    await pty.until(/1 of 1 searching/);
    pty.stopFlow();
    const dropped = await pty.event('output.dropped');
    expect(dropped).toMatchObject({ event: 'output.dropped' });
    pty.startFlow();
    const before = pty.shown.length;
    await pty.until(new RegExp(`^[^]{${before}}[^]*to T`));
    pty.type('q');
    expect(await pty.ended).toBe('exit 130');
    expect(pty.shown).toMatch(/outcome +interrupted/);
    await endOf(pty);
  });
});

test('a terminal that nobody reads delays neither T nor the exit', async () => {
  const pty = new Pty(place, [...begin(2, 12), '--plain', '--verbose']);
  pty.hold();
  expect(await pty.ended).toMatch(/^exit [13]$/);
  expect((await endOf(pty)).elapsed).toBeLessThan(12);
});

test('a terminal that is closed ends the run as a hangup does', async () => {
  const pty = new Pty(place, begin(2, 80));
  await pty.event('search.all');
  pty.close();
  expect(await pty.ended).toBe('exit 129');
  expect(await endOf(pty)).toMatchObject({ outcome: 'interrupted', launched: 2, terminated: 2 });
});

test('keys: the terminal reads them one at a time, and is set back at the end', async () => {
  const pty = new Pty(place, begin(2, 80));
  await pty.until(/2 of 2 searching/);
  const during = await pty.settings();
  pty.type('\r\n\n');
  pty.type('h');
  await pty.until(/keys: s prints a status line/);
  pty.type('s');
  await pty.until(/2 of 2 searching, [\d.]+ MH\/s/);
  pty.type('\u0003');
  expect(await pty.ended).toBe('exit 130');
  expect(pty.shown).toMatch(/outcome +interrupted/);
  expect(during).not.toBe('');
});

describe('stdout that takes nothing', () => {
  test('a full device: the result is on stderr, exit 1, and nothing is lost', async () => {
    const full = openSync('/dev/full', 'w');
    for (const mode of [[], ['--json']]) {
      const child = spawn(process.execPath, [bin, 'start', '--N', '1', '--T', '60', '--D', '4', ...mode], {
        cwd: place.directory,
        env: { ...process.env, XDG_STATE_HOME: place.state },
        stdio: ['ignore', full, 'pipe'],
      }) as ChildProcessByStdio<null, null, Readable>;
      const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/stdout cannot be written \(ENOSPC\)/);
      expect(stderr).toMatch(mode.length === 0 ? /^nonce +\d+$/m : /"event":"run.ended".*"outcome":"found"/);
    }
    closeSync(full);
  });

  test('a pipe that nobody reads: T is kept, the result is on stderr, exit 1', async () => {
    const child = spawn(process.execPath, [bin, ...begin(2, 12), '--json', '--smallest'], {
      cwd: place.directory,
      env: { ...process.env, XDG_STATE_HOME: place.state },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Node reads a pipe ahead, but not for ever.
    child.stdout.pause();
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([1, 3]).toContain(code);
    if (code === 1) expect(stderr).toMatch(/"event":"run.ended"/);
  });
});

test('the display process is killed: plain lines go on, and the result comes', async () => {
  const pty = new Pty(place, begin(1, 80));
  await pty.until(/1 of 1 searching/);
  const ps = spawn('ps', ['xww', '-o', 'pid=,ppid=,args=']);
  const processes = await text(ps.stdout);
  // Others may run here, too: this one is in a directory of its own.
  const isOurs = (line: string): boolean => workingDirectory(line) === realpathSync(place.directory);
  const controller = processes
    .split('\n')
    .find((one) => one.includes(bin) && !one.includes('pseudo_terminal.py') && isOurs(one));
  const pid = controller?.trim().split(/\s+/)[0];
  const display = processes
    .split('\n')
    .find((one) => one.trim().split(/\s+/)[1] === pid && /display/.test(one));
  process.kill(Number.parseInt(display ?? '', 10), 'SIGKILL');
  await pty.until(/the display process ended unexpectedly \(SIGKILL\); continuing with plain lines/);
  pty.type('\u0003');
  expect(await pty.ended).toBe('exit 130');
  expect(pty.shown).toMatch(/outcome +interrupted/);
});

/** The working directory of the process of a line of ps. */
function workingDirectory(line: string): string | undefined {
  try {
    return readlinkSync(`/proc/${Number.parseInt(line, 10)}/cwd`);
  } catch {
    return undefined; // it is gone
  }
}

test('what Node.js and packages warn of is told with --verbose alone', async () => {
  // It warns when the command has done all else.
  const program = `
    const { exit } = process;
    process.exit = (code) => {
      process.emitWarning('of a package');
      setImmediate(() => exit(code));
    };`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` };
  const [usual, verbose] = await Promise.all([
    place.run(['logs', 'ls'], env),
    place.run(['logs', 'ls', '--verbose'], env),
  ]);
  expect([usual.code, verbose.code]).toEqual([0, 0]);
  expect(usual.stderr).not.toContain('of a package');
  expect(verbose.stderr).toContain('of a package');
});
