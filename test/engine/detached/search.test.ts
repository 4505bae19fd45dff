import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDetachedMessage } from '../../../src/engine/detached/message.ts';
import { DetachedSearch } from '../../../src/engine/detached/search.ts';
import type { EventName } from '../../../src/event/event.ts';
import { makePuzzle } from '../../../src/puzzle/definition.ts';

const space = { from: 0n, limit: 10_000n, chunk: 100n };
const golden = { nonce: '116', digest: '00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa' };

function search(workers = 2) {
  const events: EventName[] = [];
  const made = new DetachedSearch({
    puzzle: makePuzzle({ difficulty: 2 }),
    space,
    workers,
    emit: (event) => events.push(event),
    elapsed: () => 1,
  });
  const take = (worker: number, fields: object): void => {
    const message = parseDetachedMessage(JSON.stringify({ cnd: 1, result: 'deadline', ...fields }));
    if (!message) throw new Error('not understood');
    made.take(worker, message);
  };
  return { made, take, events };
}

test('coverage is claimed of those alone that told theirs; a hit is verified', () => {
  const { made, take, events } = search();
  take(1, { result: 'hit', next: '1', done: [['100', '117']], ...golden });
  expect(made.best).toEqual({ instance: 1, nonce: 116n, digest: golden.digest });
  expect(made.unknown).toEqual([0]);
  expect(made.coverage()).toMatchObject({ tested: '17', ranges: [['100', '117']] });
  expect(made.isComplete).toBe(false);
  expect(events).toEqual(['hit']);
});

test('a false hit, and a report of what it never had, count for nothing', () => {
  const { made, take, events } = search();
  take(0, { result: 'hit', next: '2', nonce: '117', digest: golden.digest });
  take(1, { next: '2', done: [] });
  take(1, { next: '1', done: [['0', '50']] });
  expect(made.best).toBeUndefined();
  expect(made.coverage().tested).toBe('100');
  expect(events).toEqual(['hit.rejected', 'instance.error', 'instance.error']);
});

test('all residues exhausted are the whole space', () => {
  const { made, take } = search();
  take(0, { result: 'exhausted', next: '100' });
  expect(made.isComplete).toBe(false);
  take(1, { result: 'exhausted', next: '101' });
  expect(made.isComplete).toBe(true);
  expect(made.coverage().tested).toBe('10000');
});

test('whatever somebody writes as a message, more is never claimed than there is', () => {
  const natural = fc.bigInt({ min: 0n, max: 2n ** 65n }).map(String);
  const message = fc.record({
    cnd: fc.constant(1),
    result: fc.constantFrom('hit', 'exhausted', 'searching', 'signal'),
    next: natural,
    done: fc.array(fc.tuple(natural, natural), { maxLength: 4 }),
    nonce: natural,
    digest: fc.constant(golden.digest),
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1 }), message, (worker, told) => {
      const { made, take } = search();
      take(worker, told);
      expect(BigInt(made.coverage().tested)).toBeLessThanOrEqual(5001n);
      expect(made.best === undefined || made.best.nonce === 116n).toBe(true);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => parseDetachedMessage(text) === undefined));
  fc.assert(fc.property(fc.json(), (text) => parseDetachedMessage(text) === undefined));
});

test('a message is one line; what is left of a longer one comes after it', () => {
  const line = JSON.stringify({ cnd: 1, result: 'searching', next: '3' });
  expect(parseDetachedMessage(`${line}\nxxxx`)).toMatchObject({ result: 'searching', next: 3n, done: [] });
  expect(parseDetachedMessage(line.slice(0, -3))).toBeUndefined();
  expect(parseDetachedMessage('sh: python3: not found')).toBeUndefined();
});
