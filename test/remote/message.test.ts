import { expect, it } from 'vitest';
import type { Announcement } from '../../src/broadcast/broadcast.ts';
import { messageBody, parseMessage } from '../../src/broadcast/message.ts';
import { evaluate } from './evaluate.ts';

const hit: Announcement = {
  run: '20261120-081103-x7k2',
  nonce: 2n ** 64n - 2n,
  digest: 'ab'.repeat(32),
  instance: 7,
};

it('an agent announces a hit in the words of the controller, and understands them', () => {
  const body = messageBody(hit);
  const [same, said] = evaluate(
    `from message import Announcement, body, parse
run, nonce, digest, instance = given[0]
print(json.dumps([body(Announcement(run, int(nonce), digest, instance)), body(parse(given[1]))]))`,
    [[hit.run, `${hit.nonce}`, hit.digest, hit.instance], body],
  ) as [string, string];
  expect([same, said]).toEqual([body, body]);
  expect(parseMessage(said)).toEqual(hit);
});
