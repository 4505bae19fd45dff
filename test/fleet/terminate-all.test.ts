import { expect, test, vi } from 'vitest';
import { CndError } from '../../src/error.ts';
import type { Instance } from '../../src/instance.ts';
import { TerminationUnconfirmed, terminateAll } from '../../src/fleet/terminate-all.ts';
import { StandInFleet, instance } from '../run/stand-in-fleet.ts';

const run = '20261120-081103-x7k2';
const known = [instance(0, 'running'), instance(1, 'running')];

function fleetThat(...answers: (Instance[] | Error)[]): StandInFleet {
  let call = 0;
  return new StandInFleet('stand-in', {
    terminate: () => {
      const answer = answers[Math.min(call++, answers.length - 1)] ?? [];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
}

async function failure(promise: Promise<unknown>): Promise<TerminationUnconfirmed> {
  const error: unknown = await promise.then(
    () => new Error('it was confirmed'),
    (error: unknown) => error,
  );
  if (error instanceof TerminationUnconfirmed) return error;
  throw error;
}

test('tries again until each is shutting down or terminated', async () => {
  const done = [instance(0, 'terminated'), instance(1, 'shutting-down')];
  const fleet = fleetThat(new Error('throttled'), [instance(0, 'terminated'), instance(1, 'running')], done);
  expect(await terminateAll(fleet, run, known, 10)).toEqual(done);
  expect(fleet.calls).toEqual(Array.from({ length: 3 }, () => `terminate ${run}`));
});

test('gives up with exactly those that are left, and the command that terminates them', async () => {
  const fleet = fleetThat([instance(0, 'terminated'), instance(1, 'running'), instance(2, 'pending')]);
  const error = await failure(terminateAll(fleet, run, known, 0));
  expect(error).toMatchObject({
    code: 'termination-unconfirmed',
    ids: ['i-1', 'i-2'],
    about: run,
    hint: `cnd scram --run ${run}`,
  });
  expect(error.cause).toBeUndefined();
  expect(error.message).toBe('termination is not confirmed: i-1 i-2');
});

test('when the fleet cannot be asked all that are known are left, and the cause is kept', async () => {
  const cause = new Error('no route to host');
  const error = await failure(terminateAll(fleetThat(cause), run, known, 0.3));
  expect(error.ids).toEqual(['i-0', 'i-1']);
  expect(error.cause).toBe(cause);
  expect(error.message).toMatch(/i-0 i-1 \(.*no route to host\)$/);
});

test('a fleet that never answers is not waited for for ever', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const silent = new StandInFleet('stand-in', { terminate: () => new Promise(() => {}) });
    const giving = failure(terminateAll(silent, run, known, 30));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await giving).toMatchObject({
      ids: ['i-0', 'i-1'],
      message: expect.stringMatching(/no answer for 30 s/) as string,
    });
  } finally {
    vi.useRealTimers();
  }
});

test('trouble that goes on is told of, with what may mend it', async () => {
  const expired = new CndError('aws-expired', 'the credentials have expired', { hint: 'aws sso login' });
  const told: string[] = [];
  const tell = ({ message, remedy }: TerminationUnconfirmed): void => void told.push(`${message}: ${remedy}`);
  await failure(terminateAll(fleetThat(expired), run, known, 4, tell));
  expect(told).toEqual([
    'termination is not confirmed: i-0 i-1 (the credentials have expired): aws sso login',
  ]);
});

test('trouble that passes at once is none', async () => {
  const told: unknown[] = [];
  const fleet = fleetThat(new Error('throttled'), []);
  await terminateAll(fleet, run, known, 10, (error) => told.push(error));
  expect(told).toEqual([]);
});

test('the last answer counts: an error before it is no cause', async () => {
  const fleet = fleetThat(new Error('throttled'), [instance(1, 'running')]);
  const error = await failure(terminateAll(fleet, run, known, 0.3));
  expect(error.ids).toEqual(['i-1']);
  expect(error.cause).toBeUndefined();
});

test('a launch whose answer was lost is not taken for one that left nothing', async () => {
  const error = await failure(terminateAll(fleetThat(new Error('down')), run, [], 0));
  expect(error.message).toMatch(/^termination is not confirmed: what the run launched/);
  expect(error.ids).toEqual([]);
  expect(error.hint).toBe(`cnd scram --run ${run}`);
});

test('nothing launched is nothing to confirm', async () => {
  expect(await terminateAll(fleetThat([]), run, [], 0)).toEqual([]);
});
