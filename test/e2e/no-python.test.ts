import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Cnd, type Workspace, workspace } from '../helper/cnd.ts';

vi.setConfig({ testTimeout: 90_000 });

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

const real = execFileSync('sh', ['-c', 'python3 -I -S -c "import sys; print(sys.executable)"'], {
  encoding: 'utf8',
}).trim();

/** A PATH on which nothing but this script is python3; without one, none is. */
function pathOf(script: string | undefined): string {
  const bin = join(place.directory, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['sh', 'sleep'])
    writeFileSync(join(bin, name), `#!/bin/sh\nexec /bin/${name} "$@"\n`, { mode: 0o755 });
  if (script !== undefined) writeFileSync(join(bin, 'python3'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return bin;
}

/** Resolves once a program has said so on stderr. */
function untilSaid({ child, ended }: Cnd, words: RegExp): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (words.test(said)) resolve();
    });
    void ended.then(({ code }) => reject(new Error(`it ended with ${code} and said ${said}`)));
  });
}

const missing = `exec ${real} -I -S -c 'import sys; sys.modules["hashlib"] = None; exec(sys.argv[1])' "$4"`;

test.each([
  ['absent', undefined, /ENOENT/],
  ['a stub that fails', 'echo install me >&2; exit 1', /failed with exit code 1: install me/],
  ['a stub that says nothing', 'exit 0', /asked for its version, it printed nothing/],
  ['another program', 'echo python4ever', /asked for its version, it printed 'python4ever'/],
  ['one that is too old', 'echo 3.7.17', /python3 is 3\.7\.17, older than 3\.8/],
  ['incomplete', missing, /hashlib/],
  ['one that hangs', 'exec sleep 1000', /timed out after 8 s/],
])('python3 that is %s is told before anything is launched', async (_, script, words) => {
  const env = { PATH: pathOf(script) };
  const bench = place.start(['bench'], env);
  const told = untilSaid(bench, /pow\.py is not measured/).then(() => bench.child.kill('SIGINT'));
  const [start, doctor] = await Promise.all([
    place.run(['start', '--N', '2', '--T', '60', '--D', '2'], env),
    place.run(['doctor'], env),
    told,
  ]);
  expect(start).toMatchObject({ code: 2, stdout: '' });
  expect(start.stderr).toMatch(words);
  expect(start.stderr).toMatch(/^ {5}install python3, 3\.8 or later/m);
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toMatch(new RegExp(`^FAILED +python3 .*${words.source}`, 'm'));
  const { code, stderr, stdout } = await bench.ended;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/internal error|^\s+at /m);
  expect(existsSync(join(place.directory, 'logs'))).toBe(false);
  expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
});

test('cnd bench measures the native kernel without python3', async () => {
  const { code, stdout } = await place.run(['bench'], { PATH: pathOf(undefined) });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^bitcoin +\S+ .* -$/m);
  expect(stdout).not.toMatch(/python$/m);
});
