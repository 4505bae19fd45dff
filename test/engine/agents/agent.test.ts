import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { workDirectory } from '../../../src/session/work-directory.ts';
import { spooledHits } from '../../../src/engine/agents/agent.ts';
import type { Connection } from '../../../src/session/ssh/connection.ts';

const run = '20261120-081103-x7k2';
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cnd-home-'));
  mkdirSync(join(home, workDirectory(run, 3)), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

test('of an hour of what an agent noted only the hits cross the network, with whom they were heard of', async () => {
  const digest = 'ab'.repeat(32);
  const residues = [{ residue: 3, next: '3', done: [['3000000', '3004096']] }];
  const progress = JSON.stringify({ event: 'progress', residues, hashes: 1, rate: 2 });
  const own = JSON.stringify({ event: 'hit', nonce: '116', digest });
  const heard = JSON.stringify({ event: 'hit', nonce: '117', digest, instance: 7 });
  const lines = [
    ...Array.from({ length: 3600 }, () => progress),
    own,
    progress,
    heard,
    '{"event":"hit","non',
  ];
  writeFileSync(join(home, workDirectory(run, 3), 'spool.ndjson'), lines.join('\n'));
  let bytes = 0;
  // What `spooledHits` needs of a connection: a shell in the home directory.
  const exec = async (command: string): Promise<{ stdout: Buffer }> => {
    const { stdout } = spawnSync('/bin/sh', ['-c', command], { cwd: home });
    bytes += stdout.length;
    return { stdout };
  };
  const connection = { exec } as unknown as Connection;
  expect(await spooledHits(connection, { run, worker: 3 }, AbortSignal.timeout(5000))).toEqual([
    { event: 'hit', nonce: 116n, digest },
    { event: 'hit', nonce: 117n, digest, instance: 7 },
  ]);
  expect(bytes).toBeLessThan(400);
});
