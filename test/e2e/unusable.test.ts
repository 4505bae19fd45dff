import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Ended, type Workspace, endlessFlags, workspace } from '../helper/cnd.ts';

const bin = fileURLToPath(new URL('../../bin/cnd.js', import.meta.url));
const start = ['start', '--N', '1', '--T', '20', '--D', '1', '--fleet', 'local'];

let place: Workspace;
beforeEach(() => {
  place = workspace();
  writeFileSync(join(place.directory, 'file'), '');
  symlinkSync(join(place.directory, 'nowhere'), join(place.directory, 'dangling'));
});
afterEach(() => place.remove());

/** One error of two lines at most: what, where, which setting, what to do; nothing was launched. */
function expectOneError({ code, stdout, stderr }: Ended, path: string, setting: string): void {
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(path) });
  expect(stderr).toContain(setting);
  expect(stderr).not.toMatch(/internal error|^\s+at /m);
  // That it plans is told as progress, each line with its time.
  const error = stderr.replace(/^\[ *[\d.]+\] .*\n/gm, '');
  expect(error.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
}

/** What cannot be used, below the directory of the test or anywhere. */
const bad = { 'a file': 'file', 'below a file': 'file/below', 'a dangling link': 'dangling', proc: '/proc' };
const inside = (path: string): string => (path.startsWith('/') ? path : join(place.directory, path));

describe.each(Object.entries(bad))('%s', (_, name) => {
  test('as the state directory', async () => {
    const path = inside(name);
    expectOneError(await place.run(start, { XDG_STATE_HOME: path }), path, 'XDG_STATE_HOME');
    const { XDG_STATE_HOME: _unset, ...home } = { XDG_STATE_HOME: undefined, HOME: path };
    expectOneError(await place.run(start, { ...home, XDG_STATE_HOME: '' }), path, 'XDG_STATE_HOME');
    // What cannot be looked at is not empty; where nothing can ever have been written, it is.
    const ps = await place.run(['ps'], { XDG_STATE_HOME: path });
    expect(ps.code).toBe(name === '/proc' ? 0 : 4);
    expect(ps.stderr).not.toMatch(/internal error|^\s+at /m);
  });

  test('as the logs directory', async () => {
    const path = inside(name);
    const config = join(place.directory, 'c.json');
    writeFileSync(config, JSON.stringify({ logs: { directory: path } }));
    expectOneError(await place.run([...start, '--config', config]), path, 'logs.directory');
    // No run is left that has never been.
    expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
  });
});

// What WebAssembly wants to reserve is 10 GB; what cnd needs is a fraction of this.
test('a limit of the address space (ulimit -v) under which there is no WebAssembly: a run works all the same', () => {
  const command = `ulimit -v 4000000 || exit 99; exec "$0" "${bin}" start --N 2 --T 80 --D 3 --quiet`;
  const env = { ...process.env, XDG_STATE_HOME: place.state };
  const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath], {
    cwd: place.directory,
    env,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringMatching(/wasm|WebAssembly/i) });
});

test('a current directory that was removed: what needs it says so, ps and scram do without', () => {
  const gone = (words: string) => {
    const command = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "${bin}" ${words}`;
    const env = { ...process.env, XDG_STATE_HOME: place.state };
    return spawnSync('sh', ['-c', command, process.execPath], {
      cwd: place.directory,
      env,
      encoding: 'utf8',
    });
  };
  const error = 'cnd: the current directory does not exist any more\n     change to one that exists: cd\n';
  for (const words of [start.join(' '), 'resume last', 'logs ls'])
    expect(gone(words)).toMatchObject({ status: 2, stdout: '', stderr: error });
  expect(existsSync(place.state)).toBe(false);
  const ps = gone('ps --json --context none');
  expect([0, 4]).toContain(ps.status);
  expect(ps.stderr).not.toMatch(/internal error|current directory/);
  const scram = gone('scram --run 20200101-000000-aaaa');
  expect(scram.stderr).not.toMatch(/internal error|current directory/);
});

test('a limit of open files below what cnd itself needs is said to be that, and no bug', () => {
  const command = `ulimit -n 30; exec "$0" "${bin}" ${start.join(' ')}`;
  const env = { ...process.env, XDG_STATE_HOME: place.state };
  const options = { cwd: place.directory, env, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath], options);
  // Below some limit it is Node.js itself that does not start.
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/too many open files/) });
  expect(stderr).not.toContain('internal error');
});

test('a home directory that is not there is not made', async () => {
  const HOME = join(place.directory, 'nonexistent');
  const result = await place.run(start, { HOME, XDG_STATE_HOME: '' });
  expectOneError(result, `the home directory ${HOME} does not exist`, 'XDG_STATE_HOME');
  // Nothing was ever noted there.
  expect(await place.run(['ps'], { HOME, XDG_STATE_HOME: '' })).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(HOME)).toBe(false);
});

/** Whether a file system may be mounted here, in a mount namespace of its own. */
const canMount =
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' }).status === 0;
if (!canMount) process.stderr.write('skipped: read-only and full disks are tried only as root\n');

/** A cnd to which `path` is a file system mounted so. */
function onDisk(path: string, options: string, args: readonly string[], env: NodeJS.ProcessEnv): Ended {
  mkdirSync(path, { recursive: true });
  const script = 'mount -t tmpfs -o "$0" none "$1"; shift; exec "$@"';
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', script, options, path, process.execPath, bin, ...args],
    { cwd: place.directory, env: { ...process.env, XDG_STATE_HOME: place.state, ...env }, encoding: 'utf8' },
  );
  return { code: status, signal: null, stdout, stderr };
}

describe.runIf(canMount)('a disk', () => {
  test.each([
    ['that is read-only', 'ro'],
    ['that is full', 'nr_inodes=1'],
  ])('%s', (_, options) => {
    const path = join(place.directory, 'disk');
    expectOneError(onDisk(path, options, start, { XDG_STATE_HOME: path }), path, 'XDG_STATE_HOME');
    const home = onDisk(path, options, start, { HOME: path, XDG_STATE_HOME: '' });
    expectOneError(home, path, 'XDG_STATE_HOME');
    const config = join(place.directory, 'c.json');
    writeFileSync(config, JSON.stringify({ logs: { directory: path } }));
    expectOneError(onDisk(path, options, [...start, '--config', config], {}), path, 'logs.directory');
    expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
  });
});

/** In a user namespace this user has a number that the user database does not have, and may do what it may outside. */
const unknownUser = ['--user', '--map-user=54321', 'env', '-u', 'HOME'];
const canMapUser = spawnSync('unshare', [...unknownUser, 'true'], { stdio: 'ignore' }).status === 0;
if (!canMapUser) process.stderr.write('skipped: an unknown user needs user namespaces (unshare --user)\n');

describe.runIf(canMapUser)(
  'a user that the user database does not have, without HOME, as in a container',
  () => {
    function asUnknown(args: readonly string[]): Ended {
      const { status, stdout, stderr } = spawnSync(
        'unshare',
        [...unknownUser, process.execPath, bin, ...args],
        {
          cwd: place.directory,
          env: { ...process.env, XDG_STATE_HOME: place.state, KUBECONFIG: undefined },
          encoding: 'utf8',
        },
      );
      return { code: status, signal: null, stdout, stderr };
    }

    test('sees what runs, and ends it', async () => {
      const cnd = place.start(['start', '--N', '1', '--T', '60', ...endlessFlags.split(' '), '--json']);
      const { run } = await cnd.event('instance.searching');
      expect(asUnknown(['ps'])).toMatchObject({ code: 0, stdout: expect.stringContaining(run), stderr: '' });
      expect(asUnknown(['scram', '--run', run])).toMatchObject({ code: 0, stderr: '' });
      expect((await cnd.ended).code).toBe(143);
    });

    test('is asked whom to log in as', () => {
      const refused = asUnknown(['start', '--hosts', 'a', '--T', '20', '--D', '1']);
      expectOneError(refused, 'the user database has no user 54321', '--hosts user@host');
    });
  },
);
