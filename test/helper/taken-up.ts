import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { EventName } from '../../src/event/event.ts';
import { parseEvent } from '../../src/event/journal-reader.ts';
import { parseRecord } from '../../src/event/record.ts';
import { type Cnd, type Ended, type Workspace, eventsOf, named } from './cnd.ts';
import type { RecordingKernel } from './recording-kernel.ts';

/** A run whose controller was killed. */
export interface KilledRun {
  readonly place: Pick<Workspace, 'directory' | 'state'>;
  readonly run: string;
  /** What its archive holds by name, where that is not a directory of the place. */
  readonly files?: ReadonlyMap<string, Buffer>;
}

/** Kills the controller of a run with a recording kernel once something has happened, and gives the run. */
export async function killed(begun: Cnd, kernel: RecordingKernel, after: EventName): Promise<string> {
  const { run } = await begun.event('run.planned');
  // What comes when the search has ended comes only if it is let go: once all search, or one would leave nothing to the others.
  if (!beforeEnd.has(after)) {
    await begun.event('search.all');
    kernel.go(run);
  }
  await begun.event(after, (event) => event.event !== 'run.progress' || event.tested !== '0');
  begun.child.kill('SIGKILL');
  await begun.ended;
  return run;
}

const beforeEnd: ReadonlySet<EventName> = new Set([
  'launch.started',
  'instance.launched',
  'instance.running',
  'instance.uploaded',
  'search.all',
  'run.progress',
]);

/** All files of a folder by name. */
function filesIn(folder: string): ReadonlyMap<string, Buffer> {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

/** That a run which was taken up kept its T, and has left in its archive all that a run leaves there, and nothing elsewhere. */
export function expectWhole(of: KilledRun, result: Ended, instances: number): void {
  const { place, run, files = filesIn(join(place.directory, 'logs', run)) } = of;
  const syslogs = Array.from({ length: instances }, (_, index) => `Instance${index}.log.gz`);
  expect([...files.keys()].toSorted()).toEqual(
    [...syslogs, 'events.ndjson', 'report.html', 'run.json'].toSorted(),
  );
  for (const name of syslogs) expect(gunzipSync(files.get(name) ?? '').toString()).toContain(`run=${run}`);
  expect(existsSync(join(place.state, 'cnd', run))).toBe(false);

  const text = (name: string): string => files.get(name)?.toString() ?? '';
  const journal = text('events.ndjson')
    .split('\n')
    .map((line) => parseEvent(line))
    .filter((event) => typeof event === 'object');
  const [planned, ...others] = named(journal, 'run.planned');
  expect(others).toEqual([]);
  expect(named(journal, 'run.ended')).toHaveLength(1);
  // One that had said how it ended is not searched any more.
  const resumed = named(eventsOf(result), 'run.resumed');
  if (resumed.length > 0) expect(resumed).toMatchObject([{ epoch: 2 }]);
  const record = parseRecord(text('run.json'));
  if (!record) throw new Error('there is no record');
  expect(record.resumed ?? []).toHaveLength(resumed.length);
  const { startedAt, endedAt = '' } = record;
  expect(record.config.T).toBe(planned?.timeLimit);
  // T counts from the first start.
  const wall = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  expect(Math.abs(wall - (record.ended?.elapsed ?? 0))).toBeLessThan(1);
  for (const progress of named(journal, 'run.progress'))
    expect(Math.abs(progress.elapsed + progress.remaining - (planned?.timeLimit ?? 0))).toBeLessThan(1);
}
