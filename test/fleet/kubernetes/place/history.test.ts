import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launchPlaces, recordPlace } from '../../../../src/fleet/kubernetes/place/history.ts';
import { makeStateRoot } from '../../../../src/state/state.ts';

let home: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cnd-places-'));
  env = { XDG_STATE_HOME: home };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const later = (seconds: number): Date => new Date(Date.now() + 1000 * seconds);
const place = (number: number) => ({ context: `cluster-${number}`, namespace: 'team' });
const places = async (): Promise<string[]> =>
  (await launchPlaces(env)).map(({ context }) => context).toSorted();
const files = (): string[] => readdirSync(join(home, 'cnd')).filter((name) => name.startsWith('kubernetes'));

test('of launches that are noted at once none is forgotten', async () => {
  const numbers = Array.from({ length: 20 }, (_, number) => number);
  await Promise.all(numbers.map(async (number) => recordPlace(env, place(number), later(60))));
  expect(await places()).toEqual(numbers.map((number) => `cluster-${number}`).toSorted());
});

test('many launches in one place are one note, which counts until the last of them is over', async () => {
  for (const seconds of [60, -10_000, 90, 30, 120]) await recordPlace(env, place(1), later(seconds));
  expect([await places(), files().length]).toEqual([['cluster-1'], 1]);
  await recordPlace(env, place(2), later(-10_000));
  expect(await places()).toEqual(['cluster-1']);
  // What is over is removed with the next note.
  await recordPlace(env, place(3), later(60));
  expect([await places(), files().length]).toEqual([['cluster-1', 'cluster-3'], 2]);
});

test('the notes of earlier versions, of several places in one file, count', async () => {
  const root = await makeStateRoot(env);
  const until = later(60).toISOString();
  const launches = [1, 2].map((number) => ({ ...place(number), until }));
  writeFileSync(join(root, 'kubernetes.json'), JSON.stringify(launches));
  await recordPlace(env, place(1), later(90));
  expect(await places()).toEqual(['cluster-1', 'cluster-2']);
});
