import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { archivedRuns } from '../helper/archived-runs.ts';
import { type Workspace, endlessFlags, eventsOf, journalOf, runEnded, workspace } from '../helper/cnd.ts';
import { eventually, orphans, untilGone } from '../helper/process.ts';
import { Terminal, hasTmux } from '../helper/tmux.ts';

let place: Workspace;
let elsewhere: Workspace;
beforeEach(() => {
  place = workspace();
  elsewhere = workspace();
});
afterEach(() => {
  place.remove();
  elsewhere.remove();
});

const there = (): NodeJS.ProcessEnv => ({ XDG_STATE_HOME: place.state });
const search = `--N 2 --T 200 ${endlessFlags} --kernel python`.split(' ');

test('a run is seen from another directory as its journal has it, until it ends; who leaves ends nothing', async () => {
  const cnd = place.start(['start', ...search, '--json']);
  const { run } = await cnd.event('instance.launched');
  const watcher = elsewhere.start(['attach', run.slice(0, 12), '--json'], there());
  const leaver = elsewhere.start(['attach', 'last'], there());
  let shown = '';
  leaver.child.stderr?.on('data', (text: Buffer) => (shown += text.toString()));
  const seen = await watcher.event('search.all');
  expect(seen.run).toBe(run);
  await eventually('lines', () => /searching/.test(shown));
  leaver.child.kill('SIGINT');
  const left = await leaver.ended;
  expect({ code: left.code, stdout: left.stdout }).toEqual({ code: 130, stdout: '' });
  expect(left.stderr).toMatch(/searching/);
  expect(orphans(run).length).toBeGreaterThan(0);

  cnd.child.kill('SIGINT');
  const ended = runEnded(await cnd.ended);
  const watched = await watcher.ended;
  expect(watched).toMatchObject({ code: 130, stderr: '' });
  expect(eventsOf(watched)).toEqual(journalOf(place));
  expect(runEnded(watched).outcome).toBe(ended.outcome);

  // One that is over comes from the archive.
  const over = await place.run(['attach', 'last']);
  expect(over.code).toBe(130);
  expect(over.stdout).toMatch(/^outcome +interrupted/m);
  // Nobody reads it: who watched has left, however soon the end of the run was read.
  const unread = place.start(['attach', 'last', '--json']);
  unread.child.stdout?.destroy();
  expect(await unread.ended).toMatchObject({ code: 0, stderr: '' });
  await untilGone(run);
});

test('a controller that was killed is told of, whatever the journal holds', async () => {
  const cnd = place.start(['start', ...search, '--json']);
  const { run } = await cnd.event('search.all');
  const watcher = elsewhere.start(['attach', run], there());
  const journal = join(place.directory, 'logs', run, 'events.ndjson');
  const hostile = {
    event: 'warning',
    time: new Date().toISOString(),
    run,
    message: 'red \u001b[31m\r\n\u0007',
  };
  appendFileSync(journal, `\u0000\u0001\n{"event":"hit","time":7}\n${JSON.stringify(hostile)}\n`);
  cnd.child.kill('SIGKILL');
  await cnd.ended;
  appendFileSync(journal, '{"event":"torn');
  for (const { code, stderr } of [await watcher.ended, await elsewhere.run(['attach', run], there())]) {
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /the controller of \S+, pid \d+, is no longer running\n.*cnd resume .*cnd scram --run/,
    );
    expect(stderr).toMatch(/searching/);
    // oxlint-disable-next-line no-control-regex
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  }
  await place.run(['scram', '--run', run]);
  await untilGone(run);

  const unfinished = await place.run(['attach', run]);
  expect(unfinished.code).toBe(1);
  expect(unfinished.stderr).toMatch(/the journal of .* has no end: its controller was killed/);
});

test('what cannot be meant is refused', async () => {
  expect(await place.run(['attach', 'last'])).toMatchObject({ code: 2, stdout: '' });
  expect((await place.run(['attach', ''])).code).toBe(2);
  const outcome = await place.run(['start', ...'--N 1 --T 30 --D 0 --limit 10'.split(' ')]);
  expect(outcome.code).toBe(0);
  const [run = ''] = archivedRuns(join(place.directory, 'logs'));
  const journal = join(place.directory, 'logs', run, 'events.ndjson');
  // An exit code that no process has.
  const text = JSON.stringify(journalOf(place).at(-1)).replace('"exitCode":0', '"exitCode":256');
  writeFileSync(journal, `${text}\n`);
  expect((await place.run(['attach', run])).code).toBe(1);
});

test.skipIf(!hasTmux())('in a terminal it is the live view, which q leaves', async () => {
  const cnd = place.start(['start', ...search, '--json']);
  const { run } = await cnd.event('search.all');
  const terminal = new Terminal({ directory: elsewhere.directory, state: place.state }, 160, 30);
  try {
    terminal.run(`attach ${run}`);
    await terminal.until(/2 of 2 searching[^]*H\/s[^]*q quit/);
    terminal.press('h');
    await terminal.until(/q or Ctrl-C leaves the view/);
    terminal.press('q');
    await terminal.until(/^exit=0/m);
    expect(terminal.isUsable).toBe(true);
  } finally {
    terminal.close();
  }
  expect(orphans(run).length).toBeGreaterThan(0);
  cnd.child.kill('SIGINT');
  await cnd.ended;
  await untilGone(run);
});
