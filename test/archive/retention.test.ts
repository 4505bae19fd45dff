import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryArchive } from '../../src/archive/directory.ts';
import { parseRetention } from '../../src/archive/keep.ts';
import { expiredRuns } from '../../src/archive/retention.ts';
import { SpooledArchive } from '../../src/archive/spooled.ts';

test.each([
  ['90d', { age: 90 * 86_400_000 }],
  ['12h', { age: 12 * 3_600_000 }],
  ['500', { runs: 500 }],
  ['0', undefined],
  ['0d', undefined],
  ['-3', undefined],
  ['1.5', undefined],
  ['for ever', undefined],
  ['', undefined],
])('logs.keep %j is %j', (text, expected) => {
  expect(parseRetention(text)).toEqual(expected);
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-keep-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const day = (number: number): string => `202611${String(number).padStart(2, '0')}-080000-aaaa`;
function put(where: string, run: string, change: object = {}): void {
  mkdirSync(join(folder, where, run), { recursive: true });
  const startedAt = `2026-11-${run.slice(6, 8)}T08:00:00.000Z`;
  const config = { N: 1, T: 60, fleet: 'local', puzzle: { scheme: 'hex-chain' } };
  const ended = { outcome: 'found', exitCode: 0, elapsed: 1 };
  writeFileSync(
    join(folder, where, run, 'run.json'),
    JSON.stringify({ run, startedAt, config, ended, ...change }),
  );
}
const now = new Date('2026-11-21T08:00:00Z');

test('what is under way, was killed, is damaged or not fully uploaded is never removed, however old', async () => {
  for (const each of [1, 2, 3, 4, 5, 6, 20]) put('there', day(each));
  put('there', day(2), { ended: undefined });
  writeFileSync(join(folder, 'there', day(3), 'run.json'), '{"run": "2026');
  put('here', day(4));
  const archive = new SpooledArchive(
    new DirectoryArchive(join(folder, 'there')),
    new DirectoryArchive(join(folder, 'here')),
  );
  const expired = async (keep: string): Promise<string[]> => {
    const context = { alive: new Set([day(5)]), now };
    const retention = parseRetention(keep);
    const runs = retention ? await expiredRuns(archive, retention, context) : [];
    return runs.map(({ run }) => run);
  };
  // Before the index is made and after.
  for (const _ of [1, 2]) {
    expect(await expired('10d')).toEqual([day(1), day(6)]);
    expect(await expired('1')).toEqual([day(1), day(6)]);
    // Of the seven the newest two: day 20 and day 6.
    expect(await expired('2')).toEqual([day(1)]);
    expect(await expired('7')).toEqual([]);
    expect(await expired('30d')).toEqual([]);
  }
});
