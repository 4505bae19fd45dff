import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { sweep } from '../../src/fleet/local/sweep.ts';
import { newRunId } from '../../src/run-id.ts';
import { findOwned, owners } from '../../src/state/owned.ts';
import { type TaggedProcess, findTagged, isAlive } from '../../src/state/process.ts';
import { eventually } from '../helper/process.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it was only passing by
  }
}

describe.runIf(process.platform === 'linux')('a process that clears its environment', () => {
  test.each([
    ['as a child', 'env -i sleep 4711 & exec sleep 1000'],
    ['as a child with a session of its own', 'env -i setsid sleep 4711 & exec sleep 1000'],
    ['as an orphan in the session of the command', '(env -i sleep 4711 &) ; exec sleep 1000'],
    ['as a grandchild of such a one', 'env -i sh -c "sleep 4711 & wait" & exec sleep 1000'],
  ])('%s dies with its run', async (_, command) => {
    const run = newRunId();
    const child = spawn('/bin/sh', ['-c', command], {
      env: { PATH: process.env['PATH'], CND_RUN: run },
      detached: true,
      stdio: 'ignore',
    });
    started.push(child);
    const isEscaped = ({ pid, tags }: TaggedProcess): boolean =>
      Object.keys(tags).length === 0 && commandOf(pid) === 'sleep\u00004711\u0000';
    const escaped = await eventually('the escaped one', () => findOwned(run).find(isEscaped));
    expect(findTagged(run).map(({ pid }) => pid)).not.toContain(escaped.pid);
    expect(await sweep(run)).toEqual([]);
    expect(isAlive(escaped)).toBe(false);
  });

  test('of another run, or of nobody, is left alone', async () => {
    const [run, other] = [newRunId(), newRunId()];
    const command = `CND_RUN=${other} sleep 1000 & exec sleep 1000`;
    const child = spawn('/bin/sh', ['-c', command], {
      env: { PATH: process.env['PATH'], CND_RUN: run },
      detached: true,
      stdio: 'ignore',
    });
    started.push(child);
    const [one] = await eventually('the other', () => {
      const found = findTagged(other);
      return found.length > 0 && found;
    });
    expect(await sweep(run)).toEqual([]);
    expect(findTagged(other)).toEqual([one]);
    await sweep(other);
  });
});

test('who owns a process ends, and is a known process that it descends from or whose session it is in', () => {
  const pid = fc.integer({ min: 1, max: 12 });
  const kin = fc.uniqueArray(fc.record({ pid, parent: fc.nat(12), session: fc.nat(12) }), {
    selector: (one) => one.pid,
  });
  fc.assert(
    fc.property(kin, fc.uniqueArray(pid), (all, some) => {
      const known = new Set(some);
      const found = owners(all, known);
      for (const [owned, owner] of found) {
        expect(known.has(owned)).toBe(false);
        expect(known.has(owner)).toBe(true);
      }
      // A child, and a member of a session that a known process began, are always owned.
      for (const one of all) {
        if (known.has(one.pid)) continue;
        if (known.has(one.session)) expect(found.has(one.pid)).toBe(true);
        if (known.has(one.parent) && all.some((other) => other.pid === one.parent))
          expect(found.get(one.pid)).toBe(one.parent);
      }
    }),
  );
});
