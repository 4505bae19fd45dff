import type { EventFields, EventName, RunEvent } from '../../../src/event/event.ts';
import { reduce } from '../../../src/view/terminal/reduce.ts';
import { type LiveRun, initialState } from '../../../src/view/terminal/state.ts';

/** When the runs of these tests start, in milliseconds since the epoch. */
export const start = Date.parse('2026-11-20T08:11:03.000Z');

/** An event so many seconds after the start. */
export function eventAt<Name extends EventName>(
  seconds: number,
  event: Name,
  fields: EventFields[Name],
): RunEvent {
  const time = new Date(start + seconds * 1000).toISOString();
  return { event, time, run: '20261120-081103-x7k2', ...fields } as RunEvent;
}

/** What is known after these events. */
export function stateAfter(events: readonly RunEvent[], from: LiveRun = initialState(start)): LiveRun {
  return events.reduce(reduce, from);
}

/** The fields of `run.planned` for so many instances. */
export function plan(instances: number, smallest = false): EventFields['run.planned'] {
  return {
    fleet: 'local',
    instances,
    timeLimit: 200,
    puzzle: { scheme: 'hex-chain', block: 'COMSM0010cloud', difficulty: 7, unit: 'digits' },
    from: '0',
    limit: '4294967296',
    chunk: '1000000',
    smallest,
    kernel: 'auto',
    expectedNonces: '268435456',
    spaceProbability: 1,
    logs: 'logs',
  };
}

/** So many instances launched at 1 s. */
export function launched(instances: number, smallest = false): RunEvent[] {
  const all = Array.from({ length: instances }, (_, instance) =>
    eventAt(1, 'instance.launched', { instance, id: `i-${instance}` }),
  );
  return [
    eventAt(0.1, 'run.planned', plan(instances, smallest)),
    eventAt(0.2, 'launch.started', { instances }),
    ...all,
  ];
}

/** One instance that searches from 2 s on, with progress at 3 s. */
export function searching(instance: number, rate = 1_234_567): RunEvent[] {
  return [
    eventAt(1.5, 'instance.running', { instance, id: `i-${instance}`, address: '127.0.0.1:2222' }),
    eventAt(1.6, 'instance.connected', { instance }),
    eventAt(1.7, 'instance.uploaded', { instance, bytes: 1000 }),
    eventAt(2, 'instance.searching', {
      instance,
      kernel: 'pow.c',
      isa: 'avx512',
      threads: 2,
      cores: 2,
      python: '3.11.2',
    }),
    eventAt(3, 'instance.progress', {
      instance,
      hashes: 1_234_567,
      rate,
      residues: [{ residue: instance, next: '1', done: [] }],
    }),
  ];
}

/** A run of so many instances in the middle of its search: every tenth waits, number 7 is lost. */
export function searchingRun(instances: number, rate?: number): LiveRun {
  const indices = Array.from({ length: instances }, (_, index) => index);
  const message = 'port 22 refuses connections: sshd is not up yet';
  const lost = { code: 'session-lost', reason: 'the connection was lost', retrying: false };
  return stateAfter([
    ...launched(instances),
    ...indices.flatMap((index) =>
      index % 10 === 5
        ? [eventAt(1.5, 'instance.waiting', { instance: index, cause: 'refused', message })]
        : searching(index, rate),
    ),
    ...(instances > 7 ? [eventAt(3.5, 'instance.lost', { instance: 7, ...lost })] : []),
    eventAt(4, 'run.progress', {
      searching: instances,
      tested: '98765432',
      rate: 1e8,
      probability: 0.308,
      elapsed: 4,
      remaining: 196,
    }),
  ]);
}
