import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Pty, type PtyOptions } from '../helper/pty.ts';
import { hasStage } from '../helper/stage/available.ts';
import { repository } from '../helper/stage/repository.ts';
import { useStage } from '../helper/stage/use.ts';
import type { StagePlace } from '../helper/stage/workspace.ts';
import { Terminal, hasTmux } from '../helper/tmux.ts';

// Whatever it costs is asked about; the question is one of a real `cnd start` on a real terminal.
const start = ['start', '--N', '1', '--T', '90', '--D', '2', '--confirm-above', '0'];
const question = /\[y\/N\]/;

describe.skipIf(!hasStage())('a launch that costs money', { timeout: 120_000 }, () => {
  const on = useStage({ shared: true });

  const onTerminal = (
    place: StagePlace,
    args: readonly string[] = start,
    { env = {}, ...options }: PtyOptions = {},
  ): Pty => new Pty(place, args, { ...options, env: { ...place.env, ...env } });

  /** Nothing was created, and nothing tells of a run. */
  const expectNothing = (place: StagePlace): void => {
    expect(place.instances()).toEqual([]);
    const creating = place
      .calls()
      .filter(
        ({ action, parameters }) => /^(Create|Authorize)/.test(action) && parameters['DryRun'] !== 'true',
      );
    expect(creating.map(({ action }) => action)).toEqual([]);
    const logs = join(place.directory, 'logs');
    expect(existsSync(logs) ? readdirSync(logs) : []).toEqual([]);
    const notes = join(place.state, 'cnd');
    expect(existsSync(notes) ? readdirSync(notes).filter((name) => /^\d{8}-/.test(name)) : []).toEqual([]);
  };

  test.each([
    ['live', []],
    ['json', ['--json']],
  ])('is asked about with its price, and goes on with a yes (%s)', async (_, flags) => {
    const place = on.place();
    const pty = onTerminal(place, [...start, ...flags]);
    await pty.until(question);
    expect(stripVTControlCharacters(pty.shown).replaceAll(/\s+/g, ' ')).toMatch(
      /The run may cost \$0\.0\d+, more than the \$0\.0000 of confirmAbove \(1 × c8a\.medium on demand at .*Launch 1 instance\? \[y\/N\]/,
    );
    expect(place.instances()).toEqual([]);
    pty.type('y\n');
    expect(await pty.ended).toBe('exit 0');
    expect(pty.shown).toMatch(/cost +at most \$0\.0\d+ \(c8a|"cost":0\.0/);
    await place.untilClean();
  });

  test.each([
    ['n', 'n', []],
    ['Enter', '\n', ['--plain']],
    ['the end of input', '\u0004', ['--quiet']],
  ])('is not launched after %s (%j, %j)', async (_, keys, flags) => {
    const place = on.place();
    const pty = onTerminal(place, [...start, ...flags]);
    await pty.until(question);
    pty.type(keys);
    expect(await pty.ended).toBe('exit 2');
    expect(pty.shown).toMatch(/the launch was declined: nothing was launched\s+give --yes/);
    expectNothing(place);
  });

  test('is not launched after Ctrl-C', async () => {
    const place = on.place();
    const pty = onTerminal(place);
    await pty.until(question);
    pty.type('\u0003');
    expect(await pty.ended).toBe('exit 130');
    expect(pty.shown).toMatch(/SIGINT: stopping; nothing was launched/);
    expectNothing(place);
  });

  test('is not launched when there is no answer while there would be time to search', async () => {
    const place = on.place();
    const pty = onTerminal(place, ['start', '--N', '1', '--T', '45', '--D', '2', '--confirm-above', '0']);
    await pty.until(question);
    expect(await pty.ended).toBe('exit 2');
    expect(pty.shown).toMatch(/nobody confirmed the launch in time: nothing was launched/);
    expectNothing(place);
  });

  test('is not asked about with --yes, nor where nobody can be asked', async () => {
    const agreed = onTerminal(on.place(), [...start, '--yes']);
    expect(await agreed.ended).toBe('exit 0');
    expect(agreed.shown).not.toMatch(question);
    const { code, stderr } = await on.place().run(start.join(' '));
    expect(stderr).not.toMatch(question);
    expect(code).toBe(0);
  });

  test('is not asked about in CI; --dry-run tells that a terminal would ask', async () => {
    const pty = onTerminal(on.place(), [...start, '--dry-run'], { env: { CI: 'true' } });
    expect(await pty.ended).toBe('exit 0');
    expect(pty.shown.replaceAll(/\s+/g, ' ')).toMatch(
      /nothing was launched; on a terminal a start asks first: The run may cost \$0\.0/,
    );
  });

  describe('of a series of runs', () => {
    const series = 'compare --N 1 --types c7a.medium,c7a.large --T 90 --D 2';

    test('is asked about once, for the sum, and bounded by one --max-cost', async () => {
      const place = on.place();
      const refused = await place.run(`${series} --max-cost 0.006`);
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toMatch(
        /the 2 runs may cost \$0\.0\d+ together, more than the \$0\.0060 of --max-cost for all of them/,
      );
      const pty = onTerminal(place, [...series.split(' '), '--confirm-above', '0.006']);
      await pty.until(question);
      expect(stripVTControlCharacters(pty.shown).replaceAll(/\s+/g, ' ')).toMatch(
        /The 2 runs may cost \$0\.0\d+ together, more than the \$0\.0060 of confirmAbove\. Make 2 runs\? \[y\/N\]/,
      );
      pty.type('n\n');
      expect(await pty.ended).toBe('exit 2');
      expect(pty.shown).toMatch(/the series was declined: nothing was launched/);
      expectNothing(place);
    });

    test('is compared by instance type, once it was agreed to', async () => {
      const place = on.place();
      const pty = onTerminal(place, [...series.split(' '), '--confirm-above', '0', '--output', 'types.csv']);
      await pty.until(question);
      pty.type('y\n');
      expect(await pty.ended).toBe('exit 0');
      expect(pty.shown.match(/\[y\/N\]/g)).toHaveLength(1);
      await place.untilClean();
      expect(place.instances().map(({ type }) => type)).toEqual(['c7a.medium', 'c7a.large']);
      const [head = '', ...rows] = readFileSync(join(place.directory, 'types.csv'), 'utf8')
        .trimEnd()
        .split('\r\n');
      const column = (name: string): (string | undefined)[] =>
        rows.map((row) => row.split(',')[head.split(',').indexOf(name)]);
      expect(column('machine')).toEqual(['c7a.medium', 'c7a.large']);
      expect(column('nonce')).toEqual(['116', '116']);
      for (const cost of column('cost_dollars').map(Number)) expect(cost).toBeGreaterThan(0);
      const [boot, ssh] = [column('boot_seconds').map(Number), column('ssh_seconds').map(Number)];
      for (const seconds of [...boot, ...ssh]) expect(seconds).toBeGreaterThan(0);
    });
  });

  describe('from a checkout without native kernels', () => {
    let checkout: string;
    beforeAll(() => {
      checkout = mkdtempSync(join(tmpdir(), 'cnd-checkout-'));
      for (const part of ['bin', 'dist', 'remote', 'package.json'])
        cpSync(join(repository, part), join(checkout, part), {
          recursive: true,
          filter: (path) => !path.includes('remote/kernel/build'),
        });
      symlinkSync(join(repository, 'node_modules'), join(checkout, 'node_modules'));
    });
    afterAll(() => rmSync(checkout, { recursive: true, force: true }));

    const cheap = ['start', '--N', '1', '--T', '90', '--D', '2'];

    test('is asked about on a terminal', async () => {
      const place = on.place();
      const pty = onTerminal(place, cheap, { program: join(checkout, 'bin/cnd.js') });
      await pty.until(question);
      expect(stripVTControlCharacters(pty.shown).replaceAll(/\s+/g, ' ')).toMatch(
        /there is no native kernel for linux-x64: pow\.py searches instead, about 30 times slower\. Launch 1 instance\?/,
      );
      pty.type('n');
      expect(await pty.ended).toBe('exit 2');
      expectNothing(place);
    });

    test('is refused where nobody can be asked, unless that was agreed to', async () => {
      const place = on.place();
      const dryRun = (...flags: string[]): Promise<{ code: unknown; stderr: string }> =>
        new Promise((resolve) => {
          const args = [join(checkout, 'bin/cnd.js'), ...cheap, '--dry-run', ...flags];
          const env = { ...process.env, ...place.env, XDG_STATE_HOME: place.state };
          execFile(process.execPath, args, { cwd: place.directory, env }, (error, _stdout, stderr) =>
            resolve({ code: error?.code ?? 0, stderr }),
          );
        });
      const [refused, agreed, python] = await Promise.all([
        dryRun(),
        dryRun('--yes'),
        dryRun('--kernel', 'python'),
      ]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(
        /there is no native kernel for linux-x64.*\n.*--kernel python, or --yes/,
      );
      expect(agreed.code).toBe(0);
      expect(python.code).toBe(0);
      expectNothing(place);
    });
  });

  describe.skipIf(!hasTmux())('in a shell with job control', () => {
    const inShell = async (play: (terminal: Terminal) => Promise<void>): Promise<StagePlace> => {
      const place = on.place();
      const terminal = new Terminal(place, 80, 24, place.env);
      try {
        await play(terminal);
      } finally {
        terminal.close();
      }
      return place;
    };

    test('Ctrl-Z and fg ask again', async () => {
      const place = await inShell(async (terminal) => {
        terminal.run(start.join(' '));
        await terminal.until(question);
        terminal.press('C-z');
        await terminal.until(/Stopped|suspended/);
        terminal.press('clear; fg', 'Enter');
        await terminal.until(question);
        terminal.press('y');
        expect((await terminal.until(/cost +at most/)).join('\n')).toMatch(/golden nonce found/);
      });
      await place.untilClean();
    });

    test('in the background it waits for fg, and reads nothing of what is typed', async () => {
      const place = await inShell(async (terminal) => {
        terminal.run(`${start.join(' ')} & true`);
        await terminal.until(question);
        terminal.press('echo y', 'Enter');
        await terminal.until(/^y$/m);
        terminal.press('clear; fg', 'Enter');
        await terminal.until(question);
        terminal.press('n');
        await terminal.until(/the launch was declined/);
      });
      expectNothing(place);
    });
  });
});
