import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/event/event.ts';
import { parseRecord } from '../../src/event/record.ts';
import { type RunSnapshot, snapshotText } from '../../src/run/resume/snapshot.ts';
import { type Cnd, type Workspace, eventsOf, journalOf, named, runEnded, workspace } from '../helper/cnd.ts';
import { python, remote } from '../helper/kernel.ts';
import { eventually, orphans, untilGone } from '../helper/process.ts';
import { standIn } from '../helper/stand-in.ts';

// A controller that is killed, and another one that goes on with its run.

vi.setConfig({ testTimeout: 300_000 });

let place: Workspace;
const places: Workspace[] = [];
beforeEach(() => {
  place = workspace();
  places.push(place);
});
afterAll(() => places.forEach((one) => one.remove()));

/** Kernels that search once `go` was called. */
function waiting(): { readonly env: NodeJS.ProcessEnv; readonly go: () => void } {
  const path = join(place.directory, 'kernel');
  const go = join(place.directory, 'go');
  const wait = `{ read -r first; echo "$first"; until [ -e "${go}" ]; do sleep 0.05; done; exec cat; }`;
  writeFileSync(path, `#!/bin/sh\n${wait} | exec ${python} -S -E ${join(remote, 'pow.py')} "$@"\n`, {
    mode: 0o755,
  });
  return { env: { CND_KERNEL: path }, go: () => writeFileSync(go, '') };
}

async function kill({ child, ended }: Cnd): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

function stateOf(run: string): string[] {
  const directory = join(place.state, 'cnd', run);
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** That a run has left everything that a run leaves in its archive, and nothing elsewhere. */
async function expectWhole(run: string, instances: number): Promise<void> {
  await untilGone(run);
  expect(stateOf(run)).toEqual([]);
  const names = readdirSync(join(place.directory, 'logs', run));
  const syslogs = Array.from({ length: instances }, (_, index) => `Instance${index}.log.gz`);
  expect(names).toEqual(expect.arrayContaining([...syslogs, 'events.ndjson', 'run.json']));
}

function recordOf(run: string) {
  return parseRecord(readFileSync(join(place.directory, 'logs', run, 'run.json'), 'utf8'));
}

describe('a run whose controller is killed', () => {
  const limit = 500_000;
  const search = `--N 2 --T 150 --D 16 --limit ${limit} --chunk 10000 --json`.split(' ');
  const moment = fc.record({
    after: fc.constantFrom<RunEvent['event']>(
      'launch.started',
      'instance.launched',
      'search.all',
      'run.progress',
      'search.stopped',
    ),
    milliseconds: fc.integer({ min: 0, max: 1500 }),
  });

  test('at any moments covers what an undisturbed one does, and nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(moment, fc.integer({ min: 0, max: 1500 }), async (first, second) => {
        // However fast they are: what they search is not over before that moment.
        const { env, release } = standIn(place.directory, { held: first.after !== 'search.stopped' });
        const begun = place.start(['start', ...search], env);
        const { run } = await begun.event(first.after);
        await new Promise((resolve) => setTimeout(resolve, first.milliseconds));
        await kill(begun);
        release();
        const again = place.start(['resume', run, '--json'], env);
        // One that has all but ended says nothing more.
        await again.event('run.resumed').catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, second));
        await kill(again);
        // Perhaps it has ended by then, or all but that.
        if (stateOf(run).length > 0) await place.run(['resume', run, '--json'], env);
        const record = recordOf(run);
        // While it launches there is nothing to go on with: it is only cleaned up.
        if (record?.ended?.outcome === 'failed') {
          expect(record.ended).toMatchObject({ exitCode: 1, tested: '0', left: [] });
          expect(record.ended.reason).toContain('killed while it launched');
          return untilGone(run);
        }
        expect(record?.ended).toMatchObject({
          outcome: 'exhausted',
          exitCode: 3,
          tested: `${limit}`,
          left: [],
        });
        expect(record?.ended?.coverage.ranges).toEqual([['0', `${limit}`]]);
        const hashes = record?.instances?.map((instance) => instance.hashes ?? 0) ?? [];
        // On a machine that is so busy that an agent says nothing for 6 s, what that has is given to others as well.
        if (record?.ended?.coverage.doubled === undefined)
          expect(hashes.reduce((sum, count) => sum + count, 0)).toBe(limit);
        await expectWhole(run, 2);
      }),
      {
        numRuns: 3,
        endOnFailure: true,
        // In the middle of the teardown: what the search has found out must not be forgotten.
        examples: [[{ after: 'search.stopped', milliseconds: 0 }, 0]],
      },
    );
  });

  test('is left as it is where what was kept is damaged, and goes on from its archive once it is ended', async () => {
    const { env, release } = standIn(place.directory, { held: true });
    const begun = place.start(['start', ...search], env);
    const { run } = await begun.event('search.all');
    const path = join(place.state, 'cnd', run, 'resume-1.json');
    const kept = (): string => readFileSync(path, 'utf8');
    await eventually('the search is kept', () => kept().includes('"search":{'));
    await kill(begun);
    const whole = kept();
    const key = join(place.state, 'cnd', run, 'id_ed25519');
    const login = readFileSync(key, 'utf8');
    // With a right checksum: of a search that contradicts its settings.
    const {
      version: _,
      crc32: __,
      ...state
    } = JSON.parse(
      whole.replace(/("search":\{"ledger":\{"space":\{.*?"chunk":)"10000"/, '$1"20000"'),
    ) as RunSnapshot & { readonly crc32: number };
    const damages = [
      [path, snapshotText(state)],
      // Of a run that was killed before its search began: nothing but the checksum contradicts that.
      [
        path,
        whole.replace(/,"search":\{.*?\}(?=,"crc32"|\}$)/, '').replace('"chunk":"10000"', '"chunk":"10001"'),
      ],
      [key, login.slice(0, 80)],
    ] as const;
    for (const [file, damaged] of damages) {
      const before = readFileSync(file, 'utf8');
      expect(damaged).not.toBe(before);
      writeFileSync(file, damaged);
      const refused = await place.run(['resume', run], env);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain(`cnd scram --run ${run}`);
      expect(orphans(run).length).toBeGreaterThan(0);
      writeFileSync(file, before);
    }
    writeFileSync(path, snapshotText(state));
    release();
    expect(await place.run(['scram', '--run', run], env)).toMatchObject({ code: 0 });
    const again = await place.run(['resume', run, '--json'], env);
    expect(runEnded(again)).toMatchObject({ outcome: 'exhausted', tested: `${limit}`, left: [] });
  });

  test('is resumed by one of many, which finds what was found meanwhile', async () => {
    const { env, go } = waiting();
    const search = '--N 2 --T 120 --D 5 --smallest --chunk 1000 --json'.split(' ');
    const begun = place.start(['start', ...search], env);
    const { run } = await begun.event('search.all');
    const early = await place.run(['resume', run]);
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toContain(`run ${run} is driven by pid ${begun.child.pid}`);
    await kill(begun);
    expect(orphans(run).length).toBeGreaterThan(0);
    go();
    const many = Array.from({ length: 6 }, () => place.start(['resume', '--json'], env));
    const results = await Promise.all(many.map(({ ended }) => ended));
    const won = results.filter(({ code }) => code === 0);
    expect(won).toHaveLength(1);
    for (const { code, stderr, stdout } of results.filter((one) => one.code !== 0)) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/is driven by pid|has ended meanwhile|there is no run to resume/);
    }
    const [winner] = won;
    if (!winner) throw new Error('nobody won');
    expect(runEnded(winner)).toMatchObject({ outcome: 'found', nonce: '46697', run });
    const events = eventsOf(winner);
    expect(named(events, 'run.resumed')).toMatchObject([{ epoch: 2, run }]);
    const back = named(events, 'instance.reconnected').map(({ instance }) => instance);
    expect(new Set(back)).toEqual(new Set([0, 1]));
    expect(named(events, 'instance.lost')).toEqual([]);
    // One journal, whatever wrote it.
    const journal = journalOf(place);
    expect(named(journal, 'run.planned')).toHaveLength(1);
    expect(named(journal, 'run.ended')).toHaveLength(1);
    expect(recordOf(run)?.resumed).toMatchObject([{ by: expect.stringContaining('cnd resume') as string }]);
    await expectWhole(run, 2);
  });

  test('ends, when it was only suspended, without touching what another one drives', async () => {
    const { env, go } = waiting();
    const old = place.start(['start', ...'--N 1 --T 120 --D 2 --json'.split(' ')], env);
    const { run } = await old.event('search.all');
    old.child.kill('SIGSTOP');
    // As it looks from another machine, or another container, with the same home directory.
    const path = join(place.state, 'cnd', run, 'state.json');
    const state = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...state, controller: { pid: 2 ** 22 + 1, start: '1' } }));
    const next = place.start(['resume', run, '--json'], env);
    await next.event('instance.reconnected');
    old.child.kill('SIGCONT');
    const superseded = await old.ended;
    expect(superseded.code).toBe(1);
    expect(superseded.stderr).toContain(`run ${run} was resumed by another cnd`);
    expect(superseded.stdout).not.toContain('terminate.started');
    go();
    expect(runEnded(await next.ended)).toMatchObject({ outcome: 'found', exitCode: 0, terminated: 1 });
    expect(named(journalOf(place), 'run.ended')).toHaveLength(1);
    await expectWhole(run, 1);
  });

  test('and whose time is over is cleaned up and recorded', async () => {
    const { env } = waiting();
    const begun = place.start(['start', ...'--N 1 --T 12 --D 2 --json'.split(' ')], env);
    const { run } = await begun.event('instance.launched');
    await kill(begun);
    await untilGone(run, 60);
    const late = await place.run(['resume', '--json']);
    expect(runEnded(late)).toMatchObject({ outcome: 'time-limit', exitCode: 3, left: [] });
    expect(runEnded(late).elapsed).toBeGreaterThan(12);
    expect(late.code).toBe(3);
    expect(stateOf(run)).toEqual([]);
    expect(recordOf(run)?.ended?.outcome).toBe('time-limit');
  });

  test('before it launched anything, or kept nothing that can be read, is not resumed', async () => {
    const early = '20261120-081103-x7k2';
    const damaged = '20261120-081103-x7k3';
    const note = (run: string, more: object): void => {
      mkdirSync(join(place.state, 'cnd', run), { recursive: true, mode: 0o700 });
      const times = { startedAt: '2026-11-20T08:11:03.000Z', expiresAt: '2026-11-20T08:12:03.000Z' };
      const controller = { pid: 2 ** 22 + 1, start: '1' };
      const state = { run, fleet: 'local', controller, instances: 1, ...times, ...more };
      writeFileSync(join(place.state, 'cnd', run, 'state.json'), JSON.stringify(state), { mode: 0o600 });
    };
    expect((await place.run(['resume'])).stderr).toContain('there is no run to resume');
    note(early, { preparing: true });
    const nothing = await place.run(['resume']);
    expect(nothing).toMatchObject({ code: 1, stdout: '' });
    expect(nothing.stderr).toContain(`run ${early} was killed before it launched anything`);
    expect(stateOf(early)).toEqual([]);
    note(damaged, {});
    writeFileSync(join(place.state, 'cnd', damaged, 'resume-1.json'), '{"version":1,', { mode: 0o600 });
    const torn = await place.run(['resume', damaged]);
    expect(torn).toMatchObject({ code: 1, stdout: '' });
    expect(torn.stderr).toContain(`cnd scram --run ${damaged}`);
    expect(stateOf(damaged).toSorted()).toEqual(['resume-1.json', 'state.json']);
    note(early, {});
    const several = await place.run(['resume']);
    expect(several.code).toBe(2);
    expect(several.stderr).toContain(`${early}, ${damaged}`);
    await eventually('scrammed', async () => (await place.run(['scram'])).code === 0);
    expect([...stateOf(early), ...stateOf(damaged)]).toEqual([]);
  });
});
