import { expect, test } from 'vitest';
import { afterHost, outcome } from '../../../src/fleet/local/instance-state.ts';
import { fromTags } from '../../../src/fleet/local/lookup.ts';
import { requireRunId } from '../../../src/run-id.ts';
import type { LocalInstanceRecord } from '../../../src/fleet/local/record.ts';

const instance: LocalInstanceRecord = { id: 'l-x7k2-0', index: 0, state: 'running', threads: 1, port: 4000 };
const run = requireRunId('20261120-081103-x7k2');
const process = { pid: 412, start: '1', run, instance: 'l-x7k2-0', tags: {} };
const host = { pid: 411, start: '1', run, tags: { CND_ROLE: 'local-host', CND_INSTANCES: '2' } };

test('an instance is terminated only when none of its processes lives and its host has let go', () => {
  const rest = { id: 'l-x7k2-0', index: 0, threads: 1 };
  const dead = { told: undefined, standing: false, living: [] };
  expect(outcome(instance, dead)).toEqual({ ...rest, state: 'terminated' });
  expect(outcome(instance, { ...dead, living: [process] })).toEqual({
    ...rest,
    state: 'shutting-down',
    reason: 'cannot kill process 412',
  });
  expect(outcome(instance, { ...dead, standing: true })).toMatchObject({ state: 'shutting-down' });
  expect(outcome(instance, { ...dead, standing: true, told: [instance] })).toMatchObject({
    state: 'shutting-down',
  });
  const told: LocalInstanceRecord[] = [{ ...rest, state: 'terminated', reason: 'by request' }];
  expect(outcome(instance, { ...dead, standing: true, told })).toEqual(told[0]);
});

test('after its host died an instance is terminated once its processes are dead', () => {
  expect(afterHost([instance], [process])).toMatchObject([{ state: 'shutting-down' }]);
  expect(afterHost([instance], [])).toMatchObject([
    { state: 'terminated', reason: 'its host process has exited' },
  ]);
});

test('tags alone tell which instances there are', () => {
  expect(fromTags([host, { ...process, instance: 'l-x7k2-1' }]).map(({ id, state }) => [id, state])).toEqual([
    ['l-x7k2-0', 'running'],
    ['l-x7k2-1', 'running'],
  ]);
  expect(fromTags([process])).toMatchObject([{ id: 'l-x7k2-0', index: 0, state: 'shutting-down' }]);
  expect(fromTags([])).toEqual([]);
  // Before the launch there is none but what has processes.
  expect(fromTags([host], true)).toEqual([]);
  expect(fromTags([host, process], true)).toMatchObject([{ id: 'l-x7k2-0' }]);
});
