import { beforeEach, expect, test } from 'vitest';
import type { Fleet } from '../../../src/fleet/fleet.ts';
import type { Instance } from '../../../src/instance.ts';
import type { RunContext } from '../../../src/run/context.ts';
import { EarlyTermination } from '../../../src/run/termination/early-termination.ts';
import { TerminatedInstances } from '../../../src/run/termination/terminated.ts';
import { fakeFleet } from '../../helper/fake-fleet.ts';
import { ManualClock } from '../../helper/manual-clock.ts';
import { eventually } from '../../helper/process.ts';
import { instance } from '../stand-in-fleet.ts';

const run = '20261120-081103-x7k2';

let clock: ManualClock;
let asked: (readonly string[] | undefined)[];
let told: string[];
let terminated: TerminatedInstances;
beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  told = [];
  terminated = new TerminatedInstances(
    () => clock.monotonic() / 1000,
    ({ id }) => void told.push(id),
  );
});

const gone = (ids: readonly string[] = []): Instance[] =>
  ids.map((id) => instance(Number(id.slice(2)), 'shutting-down'));

/** Terminates early on a fleet that answers like this, by default that all that it is asked for are shutting down. */
function begin(
  answer: (ids: readonly string[]) => Promise<Instance[]> = async (ids) => gone(ids),
  { isSuperseded = false, ...more }: Partial<Fleet> & { isSuperseded?: boolean } = {},
): EarlyTermination {
  const terminate: Fleet['terminate'] = (_run, ids) => {
    asked.push(ids);
    return answer(ids ?? []);
  };
  const fleet = fakeFleet({ terminatesEarly: true, terminate, ...more });
  const context = { inputs: { run, clock, fleet }, controller: { isSuperseded }, terminated };
  return new EarlyTermination(context as unknown as RunContext);
}

const running = (index: number): Instance => instance(index, 'running', true);

test('those that are done are terminated together, while others are waited for', async () => {
  const early = begin();
  for (let index = 0; index < 100; index++) early.add(running(index));
  expect(asked).toEqual([]);
  clock.advance(1);
  expect(asked.map((ids) => ids?.length)).toEqual([100]);
  await eventually('the answer', () => told.length === 100);
  clock.advance(1);
  early.add(running(100));
  clock.advance(1);
  expect(asked.slice(1)).toEqual([['i-100']]);
  early.stop();
  expect(clock.listeners).toBe(0);
});

test('there is one call at a time', async () => {
  let answer: (instances: Instance[]) => void = () => {};
  const early = begin(() => new Promise((resolve) => (answer = resolve)));
  early.add(running(0));
  clock.advance(1);
  early.add(running(1));
  clock.advance(1);
  early.add(running(2));
  clock.advance(1);
  expect(asked).toEqual([['i-0']]);
  answer(gone(['i-0']));
  await eventually('the answer', () => told.length === 1);
  await eventually('the next call', () => {
    clock.advance(1);
    return asked.length === 2;
  });
  expect(asked[1]).toEqual(['i-1', 'i-2']);
});

test('nothing is asked for where all are done soon, where none lives, or where all are terminated at once best', () => {
  const soon = begin();
  soon.add(running(0));
  soon.stop();
  begin().add(instance(1, 'terminated'));
  const atOnce = begin(undefined, { terminatesEarly: false });
  atOnce.add(running(2));
  clock.advance(1);
  expect(asked).toEqual([]);
});

test('a controller that was superseded terminates nothing', () => {
  begin(undefined, { isSuperseded: true }).add(running(0));
  clock.advance(1);
  expect(asked).toEqual([]);
});

test('what the fleet refuses, or does not answer, is left to the termination of all', async () => {
  let calls = 0;
  const early = begin(async ([id = '']) => {
    if (++calls === 1) throw new Error('throttled');
    return [{ ...running(Number(id.slice(2))), reason: 'it is protected' }];
  });
  for (const index of [0, 1]) {
    early.add(running(index));
    await eventually('the call', () => {
      clock.advance(1);
      return asked.length === index + 1;
    });
  }
  expect(told).toEqual([]);
  expect(terminated.times).toEqual([]);
  terminated.noteAll([instance(0, 'terminated')]);
  // The fleet lists no more than that, and says that all are over.
  expect(told).toEqual(['i-0', 'i-1']);
});

test('each is told of once, with when it was known, and nothing that comes after the end', () => {
  terminated.note([instance(0, 'shutting-down'), running(1)]);
  clock.advance(5);
  terminated.noteAll([instance(0, 'terminated'), instance(1, 'terminated')]);
  terminated.note([instance(2, 'terminated')]);
  expect(told).toEqual(['i-0', 'i-1']);
  expect(terminated.times).toEqual([5, 10]);
  expect(terminated.has({ id: 'i-0' })).toBe(true);
});
