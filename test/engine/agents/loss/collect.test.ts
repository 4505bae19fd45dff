import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Emit, EventName } from '../../../../src/event/event.ts';
import { collectHits } from '../../../../src/engine/agents/loss/collect.ts';
import { Search } from '../../../../src/engine/agents/search.ts';
import type { WorkerContext } from '../../../../src/engine/agents/worker-context.ts';
import { makePuzzle } from '../../../../src/puzzle/definition.ts';
import { digest } from '../../../../src/puzzle/digest.ts';
import { workDirectory } from '../../../../src/session/work-directory.ts';

const run = '20261120-081103-x7k2';
const puzzle = makePuzzle({ difficulty: 2 });
let home: string;
let events: EventName[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cnd-home-'));
  mkdirSync(join(home, workDirectory(run, 0)), { recursive: true });
  const hit = { event: 'hit', nonce: '116', digest: digest(puzzle, 116n).toString('hex'), seq: 2 };
  const lines = [hit, { event: 'stopped', reason: 'hit', seq: 3 }].map((line) => JSON.stringify(line));
  writeFileSync(join(home, workDirectory(run, 0), 'spool.ndjson'), `${lines.join('\n')}\n`);
  events = [];
});
afterEach(() => rmSync(home, { recursive: true }));

/** A search that is over, of one worker whose instance is here, and how often that was reached. */
function over({ smallest = false } = {}) {
  const emit: Emit = (event) => void events.push(event);
  const search = new Search({
    puzzle,
    space: { from: 0n, limit: 1000n, chunk: 100n },
    workers: 1,
    near: 24,
    fastest: 1e9,
    smallest,
    emit,
    elapsed: () => 0,
    onFirstSearching: () => {},
    announce: () => {},
  });
  let reached = 0;
  const exec = async (command: string): Promise<{ stdout: Buffer }> => {
    const { stdout } = spawnSync('/bin/sh', ['-c', command], { cwd: home });
    return { stdout };
  };
  const context = {
    run,
    search,
    watch: { instances: [{ id: 'i-0', index: 0, state: 'running', address: 'here' }] },
    link: () => ({
      session: async () => {
        reached += 1;
        return { exec };
      },
    }),
    job: () => ({ smallest }),
    giveUp: AbortSignal.timeout(5000),
  } as unknown as WorkerContext;
  return { search, collect: () => collectHits(0, context), reached: () => reached };
}

test('what an agent noted and could not say counts', async () => {
  const { search, collect } = over();
  await collect();
  expect(search.best).toMatchObject({ instance: 0, nonce: 116n });
  expect(events).toEqual(['hit']);
});

test('nobody is asked for more once a hit is known, but for the smallest', async () => {
  const first = over();
  first.search.claim(0, { nonce: 116n, digest: digest(puzzle, 116n).toString('hex') });
  await first.collect();
  expect(first.reached()).toBe(0);
  const proof = over({ smallest: true });
  proof.search.claim(0, { nonce: 116n, digest: digest(puzzle, 116n).toString('hex') });
  await proof.collect();
  expect(proof.reached()).toBe(1);
});
