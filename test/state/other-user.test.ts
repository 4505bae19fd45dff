import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LocalFleet } from '../../src/fleet/local/local.ts';
import { newRunId } from '../../src/run-id.ts';
import { scramRuns } from '../../src/scram/scram.ts';
import { findTagged } from '../../src/state/process.ts';
import { readRunStates, writeRunState } from '../../src/state/run-state.ts';
import { removeBelow } from '../../src/state/state.ts';
import { eventually } from '../helper/process.ts';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('skipped: another user of this machine is tried only as root\n');

let home: string;
let env: NodeJS.ProcessEnv;
const started: ChildProcess[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'cnd-other-'));
  await chmod(home, 0o755);
  await mkdir(join(home, 'state', 'cnd'), { recursive: true, mode: 0o700 });
  env = { ...process.env, XDG_STATE_HOME: join(home, 'state') };
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

/** A process with an environment that another user has chosen; `uid`: whose it is: root's by a setuid program. */
async function haunt(tags: Record<string, string>, uid = process.getuid?.()): Promise<number> {
  const child = spawn('sleep', ['99'], {
    env: { PATH: process.env['PATH'] ?? '', ...tags },
    ...(isRoot && { uid }),
    stdio: 'ignore',
  });
  started.push(child);
  const { pid = 0 } = child;
  await eventually('its environment', async () =>
    (await readFile(`/proc/${pid}/environ`, 'utf8')).includes('CND_RUN='),
  );
  return pid;
}

/** What looks like the things of a run, and is somebody's. */
async function victim(path: string): Promise<string[]> {
  await mkdir(join(path, 'local'), { recursive: true });
  const files = [
    join(path, 'local', 'precious'),
    join(path, 'id_ed25519'),
    join(path, 'state.json'),
    join(path, 'run.json'),
  ];
  for (const file of files) await writeFile(file, 'precious');
  return files;
}

const options = { everyone: false };
const fleets = () => ({
  fleets: [new LocalFleet({ bootDelay: 0, rehearse: [] }, env)],
  unreachable: [],
  skipped: [],
});

describe.runIf(process.platform === 'linux')(
  'a process of which another user has chosen the environment',
  () => {
    test('names no path by its run: nothing is listed, nothing is deleted', async () => {
      const files = await victim(join(home, 'victim'));
      const pid = await haunt({
        CND_RUN: '../../victim',
        CND_ROLE: 'local-host',
        CND_STATE: join(home, 'state', 'cnd'),
      });
      expect(findTagged().map((found) => found.pid)).not.toContain(pid);
      const { results, left } = await scramRuns(fleets(), env, { ...options, run: '../../victim' });
      expect(results).toEqual([]);
      expect(left.unreachable).toEqual([]);
      for (const file of files) expect(existsSync(file)).toBe(true);
    });

    test('names no path by its state directory: the process is listed and killed, no more', async () => {
      const run = newRunId();
      const files = await victim(join(home, 'elsewhere', run));
      await chmod(join(home, 'elsewhere'), 0o700);
      const pid = await haunt({
        CND_RUN: run,
        CND_ROLE: 'local-host',
        CND_STATE: join(home, 'elsewhere'),
        CND_INSTANCES: '9'.repeat(9),
        CND_EXPIRES: 'never',
      });
      const [local] = fleets().fleets;
      expect((await local?.find())?.map((found) => found.run)).toContain(run);
      const { results } = await scramRuns(fleets(), env, { ...options, run });
      expect(results).toMatchObject([{ run }]);
      expect(findTagged(run)).toEqual([]);
      expect(existsSync(`/proc/${pid}/cwd`)).toBe(false);
      for (const file of files) expect(existsSync(file)).toBe(true);
    });

    test.runIf(isRoot)('is not believed by a record that another user wrote', async () => {
      const run = newRunId();
      const root = join(home, 'elsewhere');
      const files = await victim(join(root, run));
      const pid = await haunt({ CND_RUN: run, CND_ROLE: 'local-host', CND_STATE: root });
      const [host] = findTagged(run);
      expect(host?.pid).toBe(pid);
      const record = {
        run,
        host: { pid, start: host?.start },
        port: 1,
        token: '',
        expiresAt: new Date().toISOString(),
        hostKey: '',
        instances: [],
      };
      await writeFile(join(root, run, 'local', 'host.json'), JSON.stringify(record));
      await chown(root, nobody, nobody);
      await chmod(root, 0o700);
      await scramRuns(fleets(), env, { ...options, run });
      for (const file of files) expect(existsSync(file)).toBe(true);
    });

    test.runIf(isRoot)('is none of ours while it is that user’s own', async () => {
      const run = newRunId();
      await haunt({ CND_RUN: run, CND_ROLE: 'local-host' }, nobody);
      expect(findTagged(run)).toEqual([]);
    });
  },
);

describe('the state directory', () => {
  const root = (): string => join(home, 'state', 'cnd');

  test('that others can write is not believed', async () => {
    await chmod(root(), 0o770);
    await expect(readRunStates(env)).rejects.toMatchObject({
      code: 'state-unusable',
      about: 'XDG_STATE_HOME',
      message: expect.stringContaining(`chmod go-w ${root()}`),
    });
    const { left } = await scramRuns(fleets(), env, options);
    expect(left.unreachable.map(({ fleet }) => fleet)).toEqual(['the live state', 'local']);
  });

  test.runIf(isRoot)('of another user is not believed', async () => {
    await chown(root(), nobody, nobody);
    await expect(readRunStates(env)).rejects.toThrow('belongs to another user');
  });

  test('loses nothing outside by a link', async () => {
    const run = newRunId();
    const files = await victim(join(home, 'victim'));
    await symlink(join(home, 'victim'), join(root(), run));
    await expect(removeBelow(root(), join(root(), run, 'local'))).rejects.toThrow('is a link');
    await expect(removeBelow(root(), join(root(), '..', '..', 'victim'))).rejects.toThrow('is not below');
    await expect(removeBelow(root(), root())).rejects.toThrow('is not below');
    for (const file of files) expect(existsSync(file)).toBe(true);
    await removeBelow(root(), join(root(), run));
    for (const file of files) expect(existsSync(file)).toBe(true);
    expect(existsSync(join(root(), run))).toBe(false);
  });

  test('takes no run that is none', async () => {
    const note = {
      run: '../../victim',
      fleet: 'local',
      instances: 1,
      startedAt: '2026-11-20T08:11:03.000Z',
      expiresAt: '2026-11-20T08:12:08.000Z',
    };
    await expect(writeRunState(note, env)).rejects.toMatchObject({ code: 'bad-run-id' });
  });
});
