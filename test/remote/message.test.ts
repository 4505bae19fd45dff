import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type AgentOrder, orderLine } from '../../src/engine/agents/agent-order.ts';
import { messageBody, parseMessage } from '../../src/broadcast/message.ts';
import { evaluate } from './evaluate.ts';

interface Vectors {
  readonly broadcast: readonly (readonly [string, string, object | null])[];
  readonly orders: readonly (readonly [string, number, readonly [string, ...(string | number)[]] | null])[];
}

const vectors = JSON.parse(readFileSync(new URL('message-vectors.json', import.meta.url), 'utf8')) as Vectors;

/** What Python reads in bodies, as JSON; an announcement without an instance has none. */
function readByPython(bodies: readonly string[]): unknown {
  return evaluate(
    `from message import fields, parse
print(json.dumps([found and fields(found) for found in map(parse, given)]))`,
    bodies,
  );
}

function readHere(body: string): object | null {
  const said = parseMessage(body);
  return said ? { ...said, nonce: `${said.nonce}` } : null;
}

test.each(vectors.broadcast)('an announcement, %s', (_, body, announced) => {
  expect(readHere(body)).toEqual(announced);
});

test('Python reads every announcement as the vectors have it', () => {
  const expected = vectors.broadcast.map(([what, , announced]) => [what, announced]);
  const read = readByPython(vectors.broadcast.map(([, body]) => body)) as object[];
  expect(vectors.broadcast.map(([what], index) => [what, read[index]])).toEqual(expected);
});

test('both write an announcement alike', () => {
  const written = vectors.broadcast.filter(([, , announced]) => announced !== null).slice(0, 2);
  for (const [, body] of written) {
    const announced = parseMessage(body);
    expect(announced && messageBody(announced)).toBe(body);
    const again = evaluate('from message import body, parse\nprint(json.dumps(body(parse(given))))', body);
    expect(again).toBe(body);
  }
});

test('whatever is written on a queue, both read the same in it', () => {
  const digest = 'ab'.repeat(32);
  const nonce = fc.oneof(
    { weight: 4, arbitrary: fc.bigInt(0n, 2n ** 70n).map(String) },
    fc.stringMatching(/^[-0-9a. ]{0,22}$/),
    fc.jsonValue(),
  );
  const instance = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -2, max: 1_000_002 }) },
    fc.double({ noNaN: true }),
    fc.jsonValue(),
  );
  const run = fc.oneof({ weight: 5, arbitrary: fc.string({ maxLength: 110 }) }, fc.jsonValue());
  const object = fc.record(
    { run, nonce, digest: fc.oneof({ weight: 5, arbitrary: fc.constant(digest) }, fc.string()), instance },
    { requiredKeys: ['run', 'nonce', 'digest'] },
  );
  const bodies = fc.sample(
    fc.oneof(
      object.map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    ),
    3000,
  );
  expect(bodies.filter((body) => parseMessage(body)).length).toBeGreaterThan(20);
  expect(readByPython(bodies)).toEqual(bodies.map(readHere));
});

test('an order is written as the vectors have it, and an agent reads it so', () => {
  const orders: AgentOrder[] = [
    { order: 'stop' },
    { order: 'ping', seen: 17 },
    { order: 'adopt', residue: 3, next: 2n ** 64n - 1n },
    { order: 'adopt', residue: 3, next: 7n, done: [[31n, 40n]] },
    { order: 'release', residue: 3, from: 5n },
    { order: 'bound', nonce: 116n },
  ];
  const lines = vectors.orders.map(([line]) => line);
  expect(orders.map((order) => orderLine(order))).toEqual(
    lines.slice(0, orders.length).map((line) => `${line}\n`),
  );
  const read = evaluate(
    `from job import parse_order
from puzzle import Bad
def read(line, stride):
    try:
        name, rest = parse_order(line.encode(), stride)
        exact = {
            'adopt': lambda r: [r[0], *map(str, r[1:4]), [[str(n) for n in pair] for pair in r[4]]],
            'release': lambda r: [r[0], None if r[1] is None else str(r[1])],
            'bound': lambda r: [str(r[0])],
        }
        return [name] + exact.get(name, list)(rest)
    except Bad:
        return None
print(json.dumps([read(line, stride) for line, stride, _ in given]))`,
    vectors.orders,
  );
  expect(read).toEqual(vectors.orders.map(([, , order]) => order));
});
