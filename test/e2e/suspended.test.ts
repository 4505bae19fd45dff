import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { findTagged } from '../../src/state/process.ts';
import { type Workspace, eventsOf, named, reaching, runEnded, workspace } from '../helper/cnd.ts';
import { python, remote } from '../helper/kernel.ts';
import { eventually, untilGone } from '../helper/process.ts';

// A controller that is suspended, as by a lid that is closed, and wakes when its time and that of the dead-man's switches is over.

vi.setConfig({ testTimeout: 120_000 });

const places: Workspace[] = [];
afterAll(() => places.forEach((place) => place.remove()));

/** A program that takes the place of the kernel: the portable one, which begins once there is a file of this name. */
function waitingKernel(directory: string, go: string): string {
  const path = join(directory, 'kernel');
  // The first range is empty: with it a kernel tells that it runs.
  const wait = `{ read -r first; echo "$first"; until [ -e "${go}" ]; do sleep 0.05; done; exec cat; }`;
  const text = `#!/bin/sh\n${wait} | exec ${python} -S -E ${join(remote, 'pow.py')} "$@"\n`;
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

test('what was found in time counts, and is said, though everything that could be asked is gone', async () => {
  const place = workspace();
  places.push(place);
  const go = join(place.directory, 'go');
  const env = { CND_KERNEL: waitingKernel(place.directory, go) };
  const start = (timeLimit: number) =>
    place.start(['start', '--N', '2', '--T', `${timeLimit}`, '--D', '2', '--json'], env);
  const { cnd, run, timeLimit } = await reaching(start, 'search.all', 9);
  const controller = cnd.child.pid ?? 0;
  process.kill(controller, 'SIGSTOP');
  writeFileSync(go, '');
  const isLeft = (): boolean => findTagged(run).some(({ pid }) => pid !== controller);
  // The switches of the local fleet fire at T + 5 s.
  await eventually('everything but the controller is gone', () => !isLeft(), timeLimit + 15);
  process.kill(controller, 'SIGCONT');
  const result = await cnd.ended;
  expect(runEnded(result)).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
  expect(result.code).toBe(0);
  const hits = named(eventsOf(result), 'hit');
  expect(hits).toHaveLength(1);
  const journal = readFileSync(join(place.directory, 'logs', run, 'events.ndjson'), 'utf8');
  expect(journal.split('\n').filter((line) => line.includes('"event":"hit"'))).toHaveLength(1);
  await untilGone(run);
});
