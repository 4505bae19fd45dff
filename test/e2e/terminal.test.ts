import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Workspace, endlessFlags, workspace } from '../helper/cnd.ts';
import { eventually, orphans, untilGone } from '../helper/process.ts';
import { Terminal, hasTmux } from '../helper/tmux.ts';
import { archivedRuns } from '../helper/archived-runs.ts';

let place: Workspace;
let terminal: Terminal;
beforeEach(() => {
  place = workspace();
});
afterEach(() => {
  terminal.close();
  place.remove();
});

/** What only the live area shows. */
const liveArea = /to T$|^ {2}# {2}state|› terminate/m;

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 60 },
] as const;

/** The id of the only run there was. */
function runId(): string {
  return archivedRuns(join(place.directory, 'logs'))[0] ?? '';
}

/** The process of the run's controller: the only `cnd start` of this place. */
function controller(run: string): number {
  const ps = spawnSync('ps', ['xww', '-o', 'pid=,args='], { encoding: 'utf8' }).stdout;
  const line = ps.split('\n').find((one) => one.includes('cnd.js') && one.includes(marker(run)));
  return Number.parseInt(line ?? '', 10);
}

/** A block that only this place's run searches, so that its controller can be told from others. */
function marker(seed: string): string {
  return `--block terminal-${process.pid}-${seed}`;
}

/** Whether nothing of the live area is left, also not above the screen, and the terminal is as it was. */
function expectClean(): void {
  expect(terminal.screen(true).join('\n')).not.toMatch(liveArea);
  expect(terminal.isUsable).toBe(true);
}

describe.skipIf(!hasTmux())('in a real terminal', () => {
  for (const { columns, rows } of sizes) {
    for (const instances of [1, 8]) {
      test(`${instances} instances at ${columns}×${rows}: rows and countdown, then the summary alone`, async () => {
        terminal = new Terminal(place, columns, rows);
        terminal.run(`start --N ${instances} --T 600 ${endlessFlags}`);
        const all = new RegExp(`${instances} of ${instances} searching[^]*H/s · [\\d,]+ nonces`);
        const screen = await terminal.until(all);
        const table = screen.filter((line) => /^ +\d+ {2}searching +(?:kernel|pow\.py)/.test(line));
        expect(table).toHaveLength(instances);
        expect(screen.filter((line) => /search \d+\.\d s › .* [89]:\d\d to T$/.test(line))).toHaveLength(1);
        // Nothing is wrapped: the countdown is at the right edge of the first line of one frame.
        expect(screen.find((line) => line.endsWith(' to T'))).toHaveLength(columns - 1);
        terminal.press('C-c');
        const after = await terminal.until(/^exit=130$/m);
        expect(after.join('\n')).toMatch(/^outcome +interrupted before a golden nonce was found$/m);
        expect(after.join('\n')).toMatch(/SIGINT: stopping, pulling logs/);
        expectClean();
        await untilGone(runId());
      });
    }
  }

  test('a run that finds its nonce leaves the hit and the summary', async () => {
    terminal = new Terminal(place, 100, 30);
    terminal.run('start --N 2 --T 60 --D 5 --smallest');
    const screen = (await terminal.until(/^exit=0$/m)).join('\n');
    expect(screen).toMatch(/^#\d found golden nonce \d+, digest 00000/m);
    expect(screen).toMatch(/^nonce +46697$/m);
    expectClean();
  });

  test('Ctrl-C twice terminates at once, and leaves the terminal clean', async () => {
    terminal = new Terminal(place, 80, 24);
    terminal.run(`start --N 8 --T 600 ${endlessFlags}`);
    await terminal.until(/8 of 8 searching/);
    terminal.press('C-c', 'C-c');
    await terminal.until(/^exit=130$/m);
    expectClean();
    await untilGone(runId());
  });

  test('SIGTERM leaves the terminal clean', async () => {
    terminal = new Terminal(place, 80, 24);
    terminal.run(`start --N 1 --T 600 ${endlessFlags} ${marker('term')}`);
    await terminal.until(/1 of 1 searching/);
    process.kill(controller('term'), 'SIGTERM');
    await terminal.until(/^exit=143$/m);
    expectClean();
  });

  test('a terminal that becomes narrow, low and large again shows one frame, and no line of it wraps', async () => {
    terminal = new Terminal(place, 120, 40);
    terminal.run(`start --N 8 --T 600 ${endlessFlags}`);
    await terminal.until(/8 of 8 searching[^]*H\/s · /);
    for (const [columns, rows] of [
      [60, 40],
      [40, 12],
      [40, 40],
      [100, 40],
    ] as const) {
      terminal.resize(columns, rows);
      // The countdown is at an edge of the new width once the frame has been drawn for it.
      const edge = new RegExp(`^(?:.{${columns - 11}} \\d:\\d\\d to T|\\d:\\d\\d to T .{${columns - 12}}…)$`);
      const row = rows > 20 ? / {2}7 {2}searching/ : /… and \d more: \d searching/;
      await eventually(`one frame at ${columns}×${rows}`, () => {
        const screen = terminal.screen();
        const times = (pattern: RegExp): number => screen.filter((line) => pattern.test(line)).length;
        return [edge, / to T/, /^ {2}# {2}state/, row].every((pattern) => times(pattern) === 1);
      });
    }
    terminal.press('C-c');
    await terminal.until(/^exit=130$/m);
    expect(terminal.screen().join('\n')).not.toMatch(liveArea);
    expect(terminal.isUsable).toBe(true);
  });

  test('after kill -9 the terminal can be used, below the last frame', async () => {
    terminal = new Terminal(place, 80, 24);
    terminal.run(`start --N 1 --T 600 ${endlessFlags} ${marker('kill')}`);
    await terminal.until(/1 of 1 searching/);
    const run = runId();
    process.kill(controller('kill'), 'SIGKILL');
    const screen = await terminal.until(/^exit=137$/m);
    expect(terminal.isUsable).toBe(true);
    const last = screen.findIndex((line) => /^ {2}0 {2}searching/.test(line));
    expect(screen.indexOf('exit=137')).toBeGreaterThan(last);
    await place.run(['scram', '--run', run]);
    await untilGone(run);
    expect(orphans(run)).toEqual([]);
  });

  test('--quiet shows the summary only, and --plain lines', async () => {
    terminal = new Terminal(place, 100, 40);
    terminal.run('start --N 1 --T 60 --D 3 --quiet');
    const quiet = await terminal.until(/^exit=0$/m);
    expect(quiet[0]).toMatch(/^outcome +golden nonce found$/);
    terminal.run('start --N 1 --T 60 --D 3 --plain');
    const plain = (await terminal.until(/^\[ +\d\.\d\d\] #0 searching[^]*^exit=0$/m)).join('\n');
    expect(plain).not.toMatch(liveArea);
  });

  describe('a run that is shown again', () => {
    beforeEach(() => {
      const folder = join(place.directory, 'logs', '20261129-054218-3nlx');
      mkdirSync(folder, { recursive: true });
      copyFileSync(
        new URL('../event/version-1/events.ndjson', import.meta.url),
        join(folder, 'events.ndjson'),
      );
    });

    test('is drawn as it was seen, at its pace times --speed, and leaves what the run left', async () => {
      terminal = new Terminal(place, 100, 30);
      terminal.run('logs replay last --speed 0.05');
      // In the time of the run, not of today: nearly all of its T is left.
      await terminal.until(/(1:00|0:59) to T$[^]*^ +2 {2}searching/m);
      const screen = (await terminal.until(/^exit=0$/m)).join('\n');
      expect(screen).toMatch(/^#\d found golden nonce 46697, digest 00000/m);
      expect(screen).toMatch(/^nonce +46697$/m);
      expectClean();
    });

    test('ends at once at Ctrl-C, and leaves the terminal clean', async () => {
      terminal = new Terminal(place, 100, 30);
      terminal.run('logs replay last --speed 0.001');
      await terminal.until(/ to T$/m);
      terminal.press('C-c');
      await terminal.until(/^exit=130$/m);
      expectClean();
    });
  });
});
