import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/event/event.ts';
import { type Workspace, endlessFlags, journalOf, named, workspace } from '../helper/cnd.ts';
import { eventually, untilGone } from '../helper/process.ts';
import { Terminal, hasTmux } from '../helper/tmux.ts';
import { archivedRuns } from '../helper/archived-runs.ts';

vi.setConfig({ testTimeout: 150_000 });

let place: Workspace;
let terminal: Terminal;
beforeEach(() => {
  place = workspace();
  terminal = new Terminal(place, 100, 40);
});
afterEach(() => {
  terminal.close();
  place.remove();
});

/** The id of the only run there was. */
const runId = (): string => archivedRuns(join(place.directory, 'logs'))[0] ?? '';

/** How the only run ended, as its journal says it. */
const runEnd = (): Extract<RunEvent, { event: 'run.ended' }> | undefined =>
  named(journalOf(place), 'run.ended')[0];

/** How the terminal is set, as the shell sees it: cbreak or not, echo or not, as flags of `stty -a`. */
async function settings(): Promise<string[]> {
  terminal.type('clear; stty -a; echo set=$?');
  const screen = await terminal.until(/^set=0$/m);
  return screen.join(' ').match(/-?\b(?:icanon|echo)\b/g) ?? [];
}

/** Whether the last frame says a time to T between so many seconds. */
const showsTime = (least: number, most: number): boolean => {
  const [, minutes, seconds] = / (\d+):(\d\d) to T/.exec(terminal.screen().join('\n')) ?? [];
  const left = Number(minutes) * 60 + Number(seconds);
  return left >= least && left <= most;
};

describe.skipIf(!hasTmux())('job control', () => {
  test('Ctrl-Z gives the terminal back as it was; after fg the clock tells the truth, and keys work', async () => {
    const before = await settings();
    terminal.run(`start --N 1 --T 100 ${endlessFlags}`);
    await terminal.until(/to T$[^]*1 of 1 searching/m);
    const begun = performance.now();
    terminal.press('C-z');
    // In a shell with job control a stopped command has ended with 128 + SIGTSTP.
    await terminal.until(/^exit=148$/m);
    expect(await settings()).toEqual(before);
    expect(before).toEqual(['icanon', 'echo']);
    await type('jobs', /^\[1\].*Stopped/m);
    // Long enough to be seen on a clock that stood still.
    await eventually('a while', () => performance.now() - begun > 6000);
    terminal.type('clear; fg; echo "exit=$?"');
    const away = (performance.now() - begun) / 1000;
    await terminal.until(/to T$[^]*1 of 1 searching/m);
    expect(showsTime(0, Math.ceil(100 - away))).toBe(true);
    terminal.press('s');
    await terminal.until(/^1 of 1 searching, /m);
    terminal.press('q');
    await terminal.until(/^exit=130$/m);
    expect(await settings()).toEqual(before);
    await untilGone(runId());
  });

  test('a run that is stopped beyond its T is ended by its other nets, and says so after fg', async () => {
    terminal.run(`start --N 2 --T 20 ${endlessFlags}`);
    await terminal.until(/to T$[^]*2 of 2 searching/m);
    terminal.press('C-z');
    await terminal.until(/^exit=148$/m);
    // The dead-man's switches, which need no controller: T + 5 s.
    await untilGone(runId(), 60);
    expect(runEnd()).toBeUndefined();
    terminal.type('clear; fg; echo "exit=$?"');
    await terminal.until(/^exit=3$/m);
    expect(runEnd()).toMatchObject({ outcome: 'time-limit', left: [], terminated: 2 });
    expect(runEnd()?.elapsed).toBeGreaterThan(20);
  });

  test.each(['', 'stty tostop; '])(
    'in the background (%j) it runs to its end, reads nothing and sets nothing',
    async (first) => {
      terminal.type(`clear; ${first}"$NODE" "$CND" start --N 1 --T 100 --D 5 &`);
      await eventually('it searches', () => named(journalOf(place), 'instance.searching').length > 0);
      // What is set by whoever has the terminal, nobody else sets back.
      terminal.type('stty -echo');
      terminal.type('clear; echo it is "me"');
      await terminal.until(/^it is me$/m);
      await eventually('it ends', () => runEnd() !== undefined);
      expect(runEnd()).toMatchObject({ outcome: 'found' });
      terminal.type('wait; echo "exit=$?"');
      const screen = (await terminal.until(/^exit=0$/m)).join('\n');
      // What matters is written, a frame is not.
      expect(screen).toMatch(/outcome +golden nonce found$/m);
      expect(screen).not.toMatch(/ to T$/m);
      expect(await settings()).toEqual(['icanon', '-echo']);
      await untilGone(runId());
    },
  );
});

/** Types a line and gives the screen once it matches. */
async function type(line: string, pattern: RegExp): Promise<string[]> {
  terminal.type(`clear; ${line}`);
  return terminal.until(pattern);
}
