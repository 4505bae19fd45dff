import { beforeEach, expect, test } from 'vitest';
import type { Instance } from '../../src/instance.ts';
import type { RunContext } from '../../src/run/context.ts';
import { Replacements, isWorthwhile } from '../../src/run/replacement.ts';
import { fakeFleet } from '../helper/fake-fleet.ts';

const lost: Instance = { id: 'i-0', index: 0, state: 'terminated', endedBy: 'service' };

let events: [string, unknown][];
let asked: number[];
let left: number;
beforeEach(() => {
  [events, asked, left] = [[], [], 100];
});

function replacements({ replace = true, canLaunch = true, instances = 2, boot = 1 } = {}) {
  const launchReplacement = async ({ index }: { index: number }): Promise<Instance> => {
    asked.push(index);
    return { id: `i-${index}`, index, state: 'pending' };
  };
  const fleet = fakeFleet(canLaunch ? { launchReplacement } : {});
  const context = {
    inputs: {
      run: '20261120-081103-x7k2',
      config: { replace, instances },
      fleet: { ...fleet, timing: { ...fleet.timing, boot } },
    },
    launched: [],
    known: new Set<string>(),
    teardown: { search: 3 },
    untilTimeLimit: (offset = 0) => left + offset,
    emit: (event: string, fields: unknown) => void events.push([event, fields]),
    warn: (message: string) => void events.push(['warning', message]),
  };
  const made = new Replacements(context as unknown as RunContext);
  return { context, begin: made.begin, stop: () => made.stop() };
}

test('another takes the place of what its fleet has ended, and is that of the run to terminate', async () => {
  const { begin, context } = replacements();
  expect(await begin(lost, 2)).toMatchObject({ id: 'i-2', index: 2 });
  expect(events).toEqual([
    ['instance.replaced', { instance: 0, replacement: 2 }],
    ['instance.launched', { instance: 2, id: 'i-2' }],
  ]);
  expect(context.launched).toMatchObject([{ id: 'i-2' }]);
  expect([...context.known]).toEqual(['i-2']);
});

test('nothing is launched for what a user has ended, unasked, too late, beyond twice N, or where there is nothing to launch', () => {
  const { begin, stop } = replacements();
  expect(begin({ ...lost, endedBy: 'user' }, 2)).toBeUndefined();
  expect(begin({ id: 'i-0', index: 0, state: 'terminated' }, 2)).toBeUndefined();
  expect(begin(lost, 4)).toBeUndefined();
  left = 8; // of which the teardown takes 3, and the boot 1
  expect(begin(lost, 2)).toBeUndefined();
  left = 100;
  stop();
  expect(begin(lost, 2)).toBeUndefined();
  expect(replacements({ replace: false }).begin(lost, 2)).toBeUndefined();
  expect(replacements({ canLaunch: false }).begin(lost, 2)).toBeUndefined();
  expect(asked).toEqual([]);
});

test('it is worth it when there is as much time to search as it takes to boot, and some seconds', () => {
  expect(isWorthwhile(60, 30)).toBe(true);
  expect(isWorthwhile(59, 30)).toBe(false);
  expect(isWorthwhile(5, 0)).toBe(true);
  expect(isWorthwhile(4.9, 0)).toBe(false);
});
