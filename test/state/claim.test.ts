import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CndError } from '../../src/error.ts';
import { newRunId } from '../../src/run-id.ts';
import { claimRun, isSuperseded } from '../../src/state/claim.ts';
import { readResumeState, writeResumeState } from '../../src/state/resume-state.ts';

let env: NodeJS.ProcessEnv;
let directory: string;
const run = newRunId();
const dead = { pid: 2 ** 22 + 1, start: '1' };
beforeEach(() => {
  env = { XDG_STATE_HOME: mkdtempSync(join(tmpdir(), 'cnd-claim-')) };
  directory = join(env['XDG_STATE_HOME'] ?? '', 'cnd', run);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
});
afterEach(() => rmSync(env['XDG_STATE_HOME'] ?? '', { recursive: true }));

test('of 50 at once exactly one gets a run, and then the next only when that one is dead', async () => {
  expect(isSuperseded(run, 1, env)).toBe(false);
  const claims = await Promise.allSettled(Array.from({ length: 50 }, () => claimRun(run, dead, env)));
  const won = claims.filter((claim) => claim.status === 'fulfilled');
  expect(won.map(({ value }) => value)).toEqual([2]);
  for (const claim of claims)
    if (claim.status === 'rejected') expect(claim.reason).toMatchObject({ code: 'run-driven' });
  expect(isSuperseded(run, 1, env)).toBe(true);
  expect(isSuperseded(run, 2, env)).toBe(false);
  expect(readdirSync(directory)).toEqual(['controller-2.json']);
  writeFileSync(join(directory, 'controller-2.json'), JSON.stringify(dead));
  expect(await claimRun(run, dead, env)).toBe(3);
});

test("a claim that cannot be read is nobody's to follow, and a run that is gone has none", async () => {
  writeFileSync(join(directory, 'controller-2.json'), '{"pid":');
  await expect(claimRun(run, dead, env)).rejects.toMatchObject({ code: 'state-damaged' });
  rmSync(directory, { recursive: true });
  const gone = await claimRun(run, dead, env).catch((error: unknown) => error);
  expect(gone).toBeInstanceOf(CndError);
  expect(gone).toMatchObject({ code: 'nothing-to-resume' });
});

test('a state directory that cannot be used is one error with a hint, not a stack', async () => {
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  const error = await claimRun(run, dead, env).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(CndError);
  expect(error).toMatchObject({ code: 'state-unusable' });
  expect((error as CndError).hint).toContain(`cnd scram --run ${run}`);
});

test('what the latest controller kept counts, whatever an earlier one writes', async () => {
  expect(await readResumeState(run, env)).toBeUndefined();
  await writeResumeState(run, 2, 'two', env);
  await writeResumeState(run, 1, 'one', env);
  expect(await readResumeState(run, env)).toBe('two');
});
