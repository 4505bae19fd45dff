import { expect, test } from 'vitest';
import { reduce } from '../../../src/view/terminal/reduce.ts';
import { eventAt, launched, plan, searching, stateAfter } from './run.ts';

test('a run goes through its phases, each of which begins once', () => {
  const state = stateAfter([
    ...launched(2),
    ...searching(0),
    ...searching(1),
    eventAt(2.5, 'search.all', { instances: 2, elapsed: 2.5 }),
    eventAt(5, 'hit', { instance: 1, nonce: '116', digest: '00a7', elapsed: 5 }),
    eventAt(5.01, 'broadcast', { channel: 'in-process', nonce: '116', digest: '00a7' }),
    eventAt(5.02, 'instance.stopped', { instance: 1, reason: 'hit', latency: 0 }),
    eventAt(5.03, 'instance.stopped', { instance: 0, reason: 'order', latency: 0.03 }),
    eventAt(5.1, 'search.stopped', { reason: 'found', latency: 0.1, unconfirmed: [] }),
    eventAt(5.2, 'logs.pulled', { instance: 0, name: 'Instance0.log.gz', bytes: 100 }),
    eventAt(5.3, 'logs.missing', { instance: 1, reason: 'there was no time left' }),
    eventAt(5.3, 'terminate.started', { instances: 2 }),
    eventAt(5.5, 'instance.terminated', { instance: 0, id: 'i-0' }),
    eventAt(5.6, 'instance.terminated', { instance: 1, id: 'i-1' }),
  ]);
  expect(state.phase).toBe('terminate');
  expect(state.past.map(({ name }) => name)).toEqual(['launch', 'boot', 'search', 'stop', 'logs']);
  expect(state.past.map(({ seconds }) => seconds)).toEqual(
    [0.8, 1, 3, 0.1, 0.2].map((value) => expect.closeTo(value)),
  );
  expect(state.hit).toEqual({ instance: 1, nonce: '116' });
  expect(state.instances.get(1)).toMatchObject({
    stage: 'terminated',
    golden: true,
    log: 'missing',
    rate: 0,
  });
  expect(state.instances.get(0)).toMatchObject({ stage: 'terminated', golden: false, log: 'pulled' });
});

test('an instance goes through its stages, and what it waited for is forgotten', () => {
  const waiting = { instance: 0, cause: 'refused', message: 'port 22 refuses connections' };
  let state = stateAfter([...launched(1), eventAt(1.2, 'instance.waiting', waiting)]);
  expect(state.instances.get(0)).toMatchObject({ stage: 'waiting', detail: 'port 22 refuses connections' });
  state = stateAfter(searching(0), state);
  expect(state.instances.get(0)).toEqual({
    index: 0,
    stage: 'searching',
    engine: 'pow.c avx512 ×2',
    rate: 1_234_567,
    hashes: 1_234_567,
    golden: false,
  });
  state = reduce(state, eventAt(4, 'instance.idle', { instance: 0 }));
  expect(state.instances.get(0)).toMatchObject({ stage: 'idle', rate: 0 });
  state = reduce(state, eventAt(4.1, 'instance.adopted', { instance: 0, residue: 5, next: '3' }));
  state = reduce(state, eventAt(4.1, 'instance.adopted', { instance: 0, residue: 6, next: '3' }));
  expect(state.instances.get(0)).toMatchObject({ stage: 'searching' });
  state = reduce(state, eventAt(4.2, 'instance.released', { instance: 0, residue: 5, next: '4' }));
  const lost = { instance: 0, code: 'agent-died', reason: 'its agent died', retrying: true };
  state = reduce(state, eventAt(5, 'instance.lost', lost));
  expect(state.instances.get(0)).toMatchObject({
    stage: 'lost',
    detail: 'retrying: its agent died',
    rate: 0,
  });
});

test('with --smallest a hit is a candidate and the search goes on', () => {
  const hit = eventAt(5, 'hit', { instance: 0, nonce: '900', digest: '00', elapsed: 5 });
  const state = stateAfter([...launched(1, true), ...searching(0), hit]);
  expect(state.phase).toBe('search');
  expect(state.hit).toEqual({ instance: 0, nonce: '900' });
});

test('an agent that stops by itself does not end the search', () => {
  const stopped = eventAt(4, 'instance.stopped', { instance: 0, reason: 'signal' });
  const state = stateAfter([...launched(2), ...searching(0), stopped]);
  expect(state.phase).toBe('search');
});

test('an interruption leads to stopping; before there are instances, to terminating', () => {
  const interrupted = eventAt(4, 'run.interrupted', { signal: 'SIGINT', count: 1 });
  expect(stateAfter([...launched(1), ...searching(0), interrupted]).phase).toBe('stop');
  const early = [
    eventAt(0, 'run.planned', plan(1)),
    eventAt(0, 'launch.started', { instances: 1 }),
    interrupted,
  ];
  expect(stateAfter(early)).toMatchObject({ phase: 'terminate', interruptions: 1 });
});

test('with a bucket the logs are archived when everything is terminated', () => {
  const state = stateAfter([
    ...launched(1),
    ...searching(0),
    eventAt(5.3, 'terminate.started', { instances: 1 }),
    eventAt(5.5, 'instance.terminated', { instance: 0, id: 'i-0' }),
    eventAt(5.6, 'archive.started', { location: 's3://logs/\u001B[2J', files: 3 }),
    eventAt(6.6, 'logs.archived', { location: 's3://logs', files: 3, bytes: 1000 }),
  ]);
  expect(state).toMatchObject({ phase: 'archive', archive: 's3://logs/?[2J' });
  expect(state.past.at(-1)).toEqual({ name: 'terminate', seconds: expect.closeTo(0.3) as number });
});

test('what only leaves a line changes nothing', () => {
  const state = stateAfter([...launched(1), ...searching(0)]);
  const events = [
    eventAt(4, 'warning', { message: 'beware' }),
    eventAt(4, 'instance.error', { instance: 0, message: 'oh' }),
    eventAt(4, 'hit.rejected', { instance: 0, nonce: '1', digest: 'ff', reason: 'not golden' }),
    eventAt(4, 'broadcast', { channel: 'in-process', nonce: '1', digest: 'ff' }),
    eventAt(4, 'cleanup.failed', { what: 'x', reason: 'y' }),
  ];
  expect(stateAfter(events, state)).toBe(state);
});

test('no control character of an instance gets into the state', () => {
  const state = stateAfter([
    ...launched(1),
    eventAt(1, 'instance.waiting', { instance: 0, cause: 'x', message: '\u001B[2Jboo\r\n\u202E' }),
  ]);
  expect(state.instances.get(0)?.detail).toBe('?[2Jboo???');
  const searchingEvent = eventAt(2, 'instance.searching', {
    instance: 0,
    kernel: 'c\u0007',
    isa: '\u009B31m'.repeat(20),
    threads: 1,
    cores: 1,
    python: '3',
  });
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(reduce(state, searchingEvent).instances.get(0)?.engine).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
});

test('an event takes the same time however many instances there are: nothing is copied', () => {
  const state = stateAfter(launched(3));
  const { instances } = state;
  expect(reduce(state, eventAt(3, 'instance.idle', { instance: 1 })).instances).toBe(instances);
});
