import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';
import { untilGone } from '../helper/process.ts';

vi.setConfig({ testTimeout: 90_000 });

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

/** A python3 whose agents on some instances say without end what is given here, on stdout or stderr. */
function floodingPython(floods: Readonly<Record<number, string>>): string {
  const bin = join(place.directory, 'bin');
  mkdirSync(bin);
  const real = execFileSync('sh', ['-c', 'python3 -I -S -c "import sys; print(sys.executable)"'], {
    encoding: 'utf8',
  });
  const ready = '{"event":"ready","kernel":"k","isa":"i","cores":1,"threads":1,"python":"3"}';
  // It does not wait for the bundle.
  const said = `printf '%s\\n' 'platform Linux x86_64' unpacked '${ready}'`;
  const cases = Object.entries(floods).map(([index, command]) => `*-${index}) ${said}; ${command};;`);
  // Asked for its version it names no interpreter, so that this stays the one that instances use.
  const script = `#!/bin/sh
case "$*" in *sys.executable*) echo 3.8.0; exit;; esac
case "$*" in *attach.py*) case "$CND_INSTANCE" in
${cases.join('\n')}
esac;; esac
exec ${real.trim()} "$@"
`;
  writeFileSync(join(bin, 'python3'), script, { mode: 0o755 });
  return `${bin}${delimiter}${process.env['PATH']}`;
}

test('workers that flood are isolated and said once; the others search the whole space', async () => {
  const progress = '{"event":"progress","residues":[],"hashes":1,"rate":1}';
  const PATH = floodingPython({
    1: `exec yes '${progress}'`,
    2: `exec yes '{"event":"error","message":"no"}'`,
    3: 'exec yes >&2',
    4: 'exec cat /dev/zero',
  });
  const args = '--N 5 --T 60 --D 16 --limit 200000 --chunk 10000 --kernel python'.split(' ');
  const { code, stderr } = await place.run(['start', ...args], { PATH });
  expect(
    stderr.split('\n').filter((line) => /flood|more than|too much/.test(line)).length,
  ).toBeLessThanOrEqual(8);
  expect(stderr.split('\n').length).toBeLessThan(100);
  expect(code).toBe(3);
  const run = /(\d{8}-\d{6}-\w{4})/.exec(stderr)?.[1] ?? '';
  const journal = join(place.directory, 'logs', run, 'events.ndjson');
  const events = readFileSync(journal, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const lost = events.filter(({ event }) => event === 'instance.lost');
  expect(
    lost
      .map(({ instance, code: why, retrying }) => ({ instance, why, retrying }))
      .toSorted((a, b) => Number(a.instance) - Number(b.instance)),
  ).toEqual([1, 2, 3, 4].map((instance) => ({ instance, why: 'agent-flood', retrying: false })));
  expect(events.at(-1)).toMatchObject({
    event: 'run.ended',
    outcome: 'exhausted',
    tested: '200000',
    left: [],
  });
  expect(statSync(journal).size).toBeLessThan(2 << 20);
  await untilGone(run);
});
