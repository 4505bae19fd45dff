import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TestHosts } from '../fleet/hosts/test-hosts.ts';
import { type Workspace, eventsOf, named, runEnded, workspace } from '../helper/cnd.ts';
import { python, remote } from '../helper/kernel.ts';
import { hasSshd } from '../helper/sshd.ts';

vi.setConfig({ testTimeout: 120_000 });

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

/**
 * A kernel that says of every range that it is done, and searches none, on instances whose tag this pattern matches. The others
 * begin once it has lied: it has something to lie about then, however quick they are.
 */
function lyingKernel(pattern: string): string {
  const path = join(place.directory, 'liar');
  const script = `#!/bin/sh
case "$CND_INSTANCE" in
${pattern}) while read -r lo hi; do echo "done $lo $hi"; : >'${path}.has-lied'; done ;;
*) while [ ! -e '${path}.has-lied' ]; do sleep 0.05; done; exec '${python}' -S -E '${remote}pow.py' "$@" ;;
esac
`;
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}

// Of hex digits the only nonce with five leading zeros below 60,000 is 46,697: in chunk 9, which is worker 1's.
const search = ['--D', '5', '--limit', '60000', '--chunk', '5000', '--T', '60', '--json'];

/** The lie is seen, and what it hid is found. */
function expectFound(result: Parameters<typeof eventsOf>[0]): void {
  const events = eventsOf(result);
  const lost = named(events, 'instance.lost').map(({ instance, code, retrying }) => [
    instance,
    code,
    retrying,
  ]);
  expect(lost).toEqual([[1, expect.stringMatching(/^agent-(false-claims|too-fast)$/), false]]);
  const [discredited] = named(events, 'instance.discredited');
  expect(discredited).toMatchObject({ instance: 1 });
  expect(Number(discredited?.nonces)).toBeGreaterThan(0);
  const ended = runEnded(result);
  expect(ended).toMatchObject({ outcome: 'found', nonce: '46697', instance: 0, left: [] });
  expect(result.code).toBe(0);
  const honest = ended.evidence?.instances.find(({ instance }) => instance === 0);
  expect(honest?.found).toBeGreaterThan(50);
}

test('a kernel that claims its share done without searching it hides no golden nonce', async () => {
  const args = ['start', '--N', '2', ...search, '--smallest'];
  expectFound(await place.run(args, { CND_KERNEL: lyingKernel('*-1') }));
});

test('a kernel that leaves out a single slice is found out where all work is done again', async () => {
  const path = join(place.directory, 'liar');
  const script = `#!/usr/bin/env -S '${python}' -S -E
import os, sys
sys.path.insert(0, '${remote}')
import pow
given = pow.parse_arguments(sys.argv[1:])
search, life = pow.asked(given), pow.Life(float(given['seconds']))
def is_first():
    try:
        os.mkdir('${path}.told')
        return True
    except FileExistsError:
        return False
for line in pow.lines(life):
    lo, hi = (int(part) for part in line.split())
    nonce = hi if lo <= 46697 < hi and is_first() else lo
    while nonce < hi:
        nonce, candidates = search.step(nonce, hi)
        life.write(search.told(candidates))
    life.write(b'done %d %d\\n' % (lo, hi))
`;
  writeFileSync(path, script, { mode: 0o755 });
  const args = ['start', '--N', '2', ...search, '--smallest', '--audit', '1'];
  const result = await place.run(args, { CND_KERNEL: path });
  // Which one has that slice is decided by which is faster.
  const lost = named(eventsOf(result), 'instance.lost');
  expect(lost).toMatchObject([{ code: 'agent-audit' }]);
  expect(runEnded(result)).toMatchObject({
    outcome: 'found',
    nonce: '46697',
    instance: lost[0]?.['instance'] === 0 ? 1 : 0,
    left: [],
  });
});

test('without liars a space that holds none is exhausted, and the result says what that rests on', async () => {
  const args = '--N 2 --D 12 --limit 60000 --T 60 --kernel python'.split(' ');
  const { code, stdout } = await place.run(['start', ...args]);
  expect(code).toBe(3);
  expect(stdout).toMatch(/no golden nonce in the whole space/);
  expect(stdout).toMatch(/^proof +[12] instances? reported \d+ near-hits of 8 bits, 234 expected$/m);
});

describe.runIf(hasSshd())('on hosts', () => {
  let around: TestHosts;
  beforeEach(() => {
    around = new TestHosts();
    const { identityFile, knownHosts } = around;
    const config = { hosts: { identityFile, knownHosts } };
    writeFileSync(join(place.directory, 'cnd.config.json'), JSON.stringify(config));
  });
  afterEach(() => around.close());

  test('the same of a host that lies', async () => {
    const kernel = `SetEnv CND_KERNEL=${lyingKernel('h1-*')}`;
    const [honest, liar] = [await around.sshd([kernel]), await around.sshd([kernel])];
    const hosts = [honest, liar].map(({ access: { user, host, port } }) => `${user}@${host}:${port}`);
    const result = await place.run(['start', '--hosts', hosts.join(','), ...search]);
    expectFound(result);
  });

  test('a proof rests on a slice of each host that was redone, by the other or here', async () => {
    const servers = [await around.sshd(), await around.sshd()];
    const hosts = servers.map(({ access: { user, host, port } }) => `${user}@${host}:${port}`);
    const args = '--D 12 --limit 60000 --chunk 5000 --T 60 --kernel python --json'.split(' ');
    const result = await place.run(['start', '--hosts', hosts.join(','), ...args]);
    const ended = runEnded(result);
    expect(ended).toMatchObject({ outcome: 'exhausted', left: [] });
    expect(ended.evidence?.audits).toMatchObject({
      slices: ended.evidence?.instances.length,
      nonces: `${5000 * (ended.evidence?.instances.length ?? 0)}`,
    });
    // Here nobody completes a chunk. What is claimed only after the proof is of nonces above it, and not redone.
    const few = '--D 3 --smallest --T 60 --kernel python --json'.split(' ');
    const { evidence } = runEnded(await place.run(['start', '--hosts', hosts.join(','), ...few]));
    expect(evidence?.audits?.slices).toBeGreaterThan(0);
  });
});
