import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Instance } from '../../src/instance.ts';
import { Watch } from '../../src/engine/watch.ts';
import { StandInFleet, instance } from '../run/stand-in-fleet.ts';

const run = '20261120-081103-x7k2';
let life: AbortController;
beforeEach(() => {
  life = new AbortController();
});
afterEach(() => life.abort());

/** A watch over a fleet that gives these answers in turn, and then the last one for ever. */
function watchOver(launched: readonly Instance[], answers: readonly (Instance[] | Error)[]) {
  const errors: unknown[] = [];
  let call = 0;
  const fleet = new StandInFleet('stand-in', {
    describe: () => {
      const answer = answers[Math.min(call++, answers.length - 1)] ?? [];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  const watch = new Watch(fleet, run, launched, { onError: (error) => errors.push(error) });
  const poll = () => watch.poll(life.signal);
  return { fleet, watch, errors, poll };
}

test('starts with what the launch answered, and asks nobody for what it knows', async () => {
  const { watch, fleet } = watchOver([instance(0, 'running', true), instance(1, 'terminated')], []);
  expect(await watch.settled(0, life.signal)).toMatchObject({ id: 'i-0', state: 'running' });
  expect(await watch.settled(1, life.signal)).toMatchObject({ state: 'terminated' });
  expect(await watch.gone(1, life.signal)).toMatchObject({ id: 'i-1' });
  expect(watch.instances).toHaveLength(2);
  expect(fleet.calls).toEqual([]);
});

test('one look at the fleet tells all who wait, each when it is its turn', async () => {
  const { watch, poll } = watchOver(
    [instance(0, 'pending'), instance(1, 'pending')],
    [
      [instance(0, 'running', true), instance(1, 'running')],
      [instance(0, 'shutting-down'), instance(1, 'pending')],
      [instance(0, 'terminated'), instance(1, 'running', true)],
    ],
  );
  const settled: number[] = [];
  const both = [0, 1].map((index) => watch.settled(index, life.signal).then(() => settled.push(index)));
  const gone = watch.gone(0, life.signal);
  void poll();
  await Promise.race(both);
  expect(settled).toEqual([0]); // running, but not yet to be reached, is not settled
  watch.nudge();
  expect(await gone).toMatchObject({ state: 'shutting-down' });
  await Promise.all(both);
  expect(settled).toEqual([0, 1]);
});

test('a failing look is tried again, and told once in a row', async () => {
  const pending = [instance(0, 'pending')];
  const [one, two, three] = [new Error('throttled'), new Error('throttled again'), new Error('later')];
  const { watch, errors, poll } = watchOver(pending, [
    one,
    two,
    pending,
    three,
    [instance(0, 'running', true)],
  ]);
  void poll();
  await watch.settled(0, life.signal);
  expect(errors).toEqual([one, three]);
});

test('who waits longer than anybody wants is told why, and polling ends', async () => {
  const { watch, poll, errors } = watchOver([instance(0, 'pending')], [[instance(0, 'pending')]]);
  const polling = poll();
  const settled = watch.settled(0, life.signal);
  const gone = watch.gone(0, life.signal);
  life.abort(new Error('enough'));
  await expect(settled).rejects.toThrow('enough');
  await expect(gone).rejects.toThrow('enough');
  await expect(watch.settled(0, life.signal)).rejects.toThrow('enough');
  await polling;
  expect(errors).toEqual([]);
});

test('an abort during a look is no trouble', async () => {
  const asked = withResolvers();
  const errors: unknown[] = [];
  const fleet = new StandInFleet('stand-in', {
    describe: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('stopped')));
        asked.resolve();
      }),
  });
  const watch = new Watch(fleet, run, [instance(0, 'pending')], {
    onError: (error) => errors.push(error),
  });
  const polling = watch.poll(life.signal);
  await asked.promise;
  life.abort();
  await polling;
  expect(errors).toEqual([]);
});

test('one that was seen and is missing again and again has vanished; one that never was seen has not', async () => {
  const seen = [instance(0, 'running', true)];
  const { watch, poll } = watchOver(
    [instance(0, 'pending'), instance(1, 'pending')],
    [seen, [], [], seen, [], [], []],
  );
  const gone = watch.gone(0, life.signal);
  const states: unknown[] = [];
  void gone.then(() => states.push(...watch.instances.map(({ state }) => state)));
  void poll();
  expect(await gone).toMatchObject({ id: 'i-0', state: 'terminated', reason: 'it vanished' });
  expect(states).toEqual(['terminated', 'pending']);
});

/** Promise.withResolvers, which Node 20 has not. */
function withResolvers() {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
