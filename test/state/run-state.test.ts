import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive } from '../../src/state/process.ts';
import {
  listRunStates,
  listStateRuns,
  readRunStates,
  removeRunState,
  removeUnnoted,
  writeLoginKey,
  writeRunState,
} from '../../src/state/run-state.ts';
import { stateDirectory, stateRoot } from '../../src/state/state.ts';

const run = '20261120-081103-x7k2';
const state = {
  run,
  fleet: 'local',
  instances: 4,
  startedAt: '2026-11-20T08:11:03.000Z',
  expiresAt: '2026-11-20T08:12:08.000Z',
};
let env: NodeJS.ProcessEnv;
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cnd-state-'));
  env = { XDG_STATE_HOME: home };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const mode = (path: string): number => statSync(path).mode & 0o777;

test('where state is kept', () => {
  expect(stateRoot({ XDG_STATE_HOME: '/var/state', HOME: '/home/u' })).toBe('/var/state/cnd');
  expect(stateRoot({ XDG_STATE_HOME: 'relative', HOME: '/home/u' })).toBe('/home/u/.local/state/cnd');
  expect(stateRoot({ HOME: '/home/u' })).toBe('/home/u/.local/state/cnd');
  expect(stateDirectory(run, { XDG_STATE_HOME: '/var/state' })).toBe(`/var/state/cnd/${run}`);
});

test('what is noted is read again, by nobody else', async () => {
  const umask = process.umask(0);
  try {
    await writeRunState(state, env);
    await writeLoginKey(run, 'PRIVATE\n', env);
  } finally {
    process.umask(umask);
  }
  const directory = stateDirectory(run, env);
  expect(mode(stateRoot(env))).toBe(0o700);
  expect(mode(directory)).toBe(0o700);
  expect(mode(join(directory, 'state.json'))).toBe(0o600);
  expect(mode(join(directory, 'id_ed25519'))).toBe(0o600);
  expect(readFileSync(join(directory, 'id_ed25519'), 'utf8')).toBe('PRIVATE\n');
  expect(readFileSync(join(directory, 'state.json'), 'utf8')).not.toContain('PRIVATE');

  const [noted] = await listRunStates(env);
  expect(noted).toMatchObject(state);
  expect(noted?.controller.pid).toBe(process.pid);
  expect(noted && isAlive(noted.controller)).toBe(true);
});

test('a run that an older cnd started, noted in run.json, is found and removed', async () => {
  await writeRunState(state, env);
  const directory = stateDirectory(run, env);
  renameSync(join(directory, 'state.json'), join(directory, 'run.json'));
  expect(await listRunStates(env)).toMatchObject([state]);
  writeFileSync(join(directory, 'run.json'), '{"run":');
  expect((await readRunStates(env)).damaged.map(({ run: id }) => id)).toEqual([run]);
  await removeRunState(run, env);
  expect(existsSync(directory)).toBe(false);
});

describe('what a writer left that was killed', () => {
  const part = '.state.json.0123456789abcdef.part';
  const leave = (id: string, ...names: string[]): void => {
    const directory = stateDirectory(id, env);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of names) writeFileSync(join(directory, name), '{"run":');
  };

  test('is no run, and goes with the first scram; what has anything else stays', async () => {
    const [torn, empty, fleets, noted] = ['aaaa', 'bbbb', 'cccc', 'dddd'].map(
      (end) => `20261120-081103-${end}`,
    );
    leave(torn ?? '', part);
    leave(empty ?? '');
    leave(fleets ?? '', part, 'hosts');
    leave(noted ?? '', part, 'state.json');
    expect((await readRunStates(env)).damaged.map(({ run: id }) => id)).toEqual([noted]);
    await removeUnnoted(env, fleets);
    expect(await listStateRuns(env)).toHaveLength(4);
    await removeUnnoted(env);
    expect(await listStateRuns(env)).toEqual([fleets, noted]);
  });

  test('goes with the note', async () => {
    await writeRunState(state, env);
    leave(run, part);
    await removeRunState(run, env);
    expect(existsSync(stateDirectory(run, env))).toBe(false);
  });
});

describe('the list', () => {
  test('is empty where nothing was ever noted', async () => {
    expect(await listRunStates(env)).toEqual([]);
  });

  test('skips what is torn, foreign or not there yet, and is sorted', async () => {
    const earlier = '20261119-081103-zzzz';
    await writeRunState(state, env);
    await writeLoginKey(run, 'PRIVATE\n', env);
    await writeRunState({ ...state, run: earlier }, env);
    await writeLoginKey(run, 'PRIVATE\n', env);
    const put = (name: string, text?: string): void => {
      mkdirSync(join(stateRoot(env), name));
      if (text !== undefined) writeFileSync(join(stateRoot(env), name, 'state.json'), text);
    };
    put('20261120-081103-torn', JSON.stringify(state).slice(0, 40));
    put('20261120-081103-none');
    put('20261120-081103-else', '{"run":"x"}');
    put('20261120-081103-null', 'null');
    writeFileSync(join(stateRoot(env), 'a-file'), '');
    expect((await listRunStates(env)).map(({ run }) => run)).toEqual([earlier, run]);
  });
});

describe('removal', () => {
  test('leaves nothing, and may be repeated', async () => {
    await writeRunState(state, env);
    await writeLoginKey(run, 'PRIVATE\n', env);
    await removeRunState(run, env);
    await removeRunState(run, env);
    expect(existsSync(stateDirectory(run, env))).toBe(false);
    expect(await listRunStates(env)).toEqual([]);
  });

  test('keeps what others put there, but never the key', async () => {
    await writeRunState(state, env);
    await writeLoginKey(run, 'PRIVATE\n', env);
    const foreign = join(stateDirectory(run, env), 'host.json');
    writeFileSync(foreign, '{}');
    await removeRunState(run, env);
    expect(readFileSync(foreign, 'utf8')).toBe('{}');
    expect(existsSync(join(stateDirectory(run, env), 'id_ed25519'))).toBe(false);
    expect(await listRunStates(env)).toEqual([]);
  });
});
