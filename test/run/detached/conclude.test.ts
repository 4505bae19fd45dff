import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Archive } from '../../../src/archive/archive.ts';
import { DirectoryArchive } from '../../../src/archive/directory.ts';
import { SpooledArchive } from '../../../src/archive/spooled.ts';
import { makeBroadcast } from '../../../src/broadcast/registry.ts';
import { deleteRecorded } from '../../../src/command/detached/recorded.ts';
import { readRecord } from '../../../src/command/resume/past-run.ts';
import { resolveConfig } from '../../../src/config/config.ts';
import { engines } from '../../../src/engine/registry.ts';
import type { RunEvent } from '../../../src/event/event.ts';
import type { DetachedRun, Detaching } from '../../../src/fleet/detached.ts';
import { concludeDetached, keeping } from '../../../src/run/detached/conclude.ts';
import { DetachedHistory } from '../../../src/run/detached/history.ts';
import { SetClock } from '../../../src/run/detached/set-clock.ts';
import { Interrupts } from '../../../src/run/interrupt.ts';
import { StandInFleet, instance } from '../stand-in-fleet.ts';

const run = '20261120-081103-x7k2';
const startedAt = new Date('2026-11-20T08:11:03Z');
const endedAt = new Date('2026-11-20T08:11:43Z');
const found: DetachedRun = {
  run,
  plan: '{}',
  where: 'cluster/team',
  owner: { name: 'jane', self: true },
  createdAt: startedAt,
  isIncomplete: false,
  endedAt,
};
const message = {
  cnd: 1,
  result: 'hit',
  next: '0',
  done: [['0', '117']],
  hashes: 117,
  nonce: '116',
  digest: '00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa',
};

/** Somebody who is killed at the n-th step: from then on nothing of it happens any more. */
class Mortal {
  readonly steps: string[] = [];
  readonly killed: Promise<'killed'>;
  readonly #killAt: number;
  #die: (how: 'killed') => void = () => {};

  constructor(killAt: number) {
    this.#killAt = killAt;
    this.killed = new Promise((resolve) => (this.#die = resolve));
  }

  async step(name: string): Promise<void> {
    this.steps.push(name);
    if (this.steps.length < this.#killAt) return;
    this.#die('killed');
    await new Promise(() => {});
  }
}

/** An archive whose writing takes steps. */
function mortalArchive(archive: Archive, mortal: Mortal): Archive {
  return new Proxy(archive, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'store' && name !== 'remove') return value.bind(target) as unknown;
      return async (...given: unknown[]): Promise<unknown> => {
        await mortal.step(`${name} ${given.slice(1, 2).join('')}`);
        return value.apply(target, given) as unknown;
      };
    },
  });
}

test('whenever whoever records it is killed, a detached run is on its cluster or recorded, and the next one does the rest', async () => {
  const steps: string[][] = [];
  for (let killAt = 1; ; killAt++) {
    const directory = mkdtempSync(join(tmpdir(), 'cnd-conclude-'));
    try {
      const job = { exists: true };
      const dead = new Mortal(killAt);
      const how = await Promise.race([resumed(directory, job, dead), dead.killed]);
      steps.push(dead.steps);
      const kept = await readRecord(archiveOf(directory), run);
      expect([dead.steps, job.exists || kept?.ended !== undefined]).toEqual([dead.steps, true]);
      const next = new Mortal(Infinity);
      expect(await resumed(directory, job, next)).toBe(0);
      expect(job.exists).toBe(false);
      const remote = new DirectoryArchive(join(directory, 'remote'));
      expect(await readRecord(remote, run)).toMatchObject({
        detached: true,
        ended: { outcome: 'found', nonce: '116' },
      });
      expect(await new DirectoryArchive(join(directory, 'logs')).entries(run)).toEqual([]);
      if (how === 0) break;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  // What was walked through: more than one way to be killed before the record, and after it.
  const last = steps.at(-1) ?? [];
  expect(last.indexOf('delete')).toBeGreaterThan(last.indexOf('store run.json'));
  expect(last.indexOf('store run.json')).toBeGreaterThan(2);
});

function archiveOf(directory: string): Archive {
  const spool = new DirectoryArchive(join(directory, 'logs'));
  return new SpooledArchive(new DirectoryArchive(join(directory, 'remote')), spool);
}

/** What `cnd resume` does once the run has ended. */
async function resumed(directory: string, job: { exists: boolean }, mortal: Mortal): Promise<number> {
  const config = resolveConfig({ flags: { N: '2', T: '60', D: '2' }, env: {}, file: undefined });
  const remote = mortalArchive(new DirectoryArchive(join(directory, 'remote')), mortal);
  const spool = mortalArchive(new DirectoryArchive(join(directory, 'logs')), mortal);
  const archive = new SpooledArchive(remote, spool);
  const fleet = new StandInFleet('kubernetes', {
    describe: async () => [instance(0, 'terminated'), instance(1, 'terminated')],
    terminate: async () => {
      await mortal.step('delete');
      job.exists = false;
      return [];
    },
  });
  const claim = {
    lost: new AbortController().signal,
    confirm: () => mortal.step('confirm'),
    release: async () => {},
  };
  const interrupts = new Interrupts();
  const shown: RunEvent[] = [];
  const display = {
    show: (event: RunEvent) => void shown.push(event),
    line: () => {},
    ask: () => Promise.reject(new Error('not asked for')),
    hasFailed: false,
    close: async () => {},
  };
  const record = await readRecord(archive, run);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing of it is asked for once the run has ended
  const detaching = {} as Detaching;
  if (record?.ended) {
    const code = await deleteRecorded(
      { run: { fleet, detaching, found }, archive, claim, interrupts, display },
      record,
    );
    expect(shown.at(-1)).toMatchObject({ event: 'run.ended', outcome: 'found', nonce: '116' });
    return code;
  }
  const told: Parameters<typeof concludeDetached>[3][number][] = [];
  const { puzzle, space, instances, timeLimit } = config;
  const history = new DetachedHistory({
    config: { puzzle, space, instances, timeLimit },
    startedAt,
    emitAt: (time) => keeping(told, time),
  });
  const changed = [
    { index: 0, id: 'a', state: 'ended' as const, startedAt, endedAt, message: JSON.stringify(message) },
  ];
  history.take({ run: found, changed });
  return concludeDetached(
    {
      run,
      config: { ...config, logs: { ...config.logs, directory: join(directory, 'logs') } },
      fleet,
      engine: engines.agents,
      broadcast: await makeBroadcast({ kind: 'in-process' }),
      archive,
      views: [display],
      interrupts,
      clock: new SetClock(startedAt.getTime()),
      start: { monotonic: 0, wall: startedAt.getTime() },
      env: {},
      kernel: { rate: 0 },
    },
    claim,
    history,
    told,
  );
}
