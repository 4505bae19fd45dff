import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Announcement } from '../../src/broadcast/broadcast.ts';
import { messageBody } from '../../src/broadcast/message.ts';
import { SqsBroadcast } from '../../src/broadcast/sqs.ts';

const run = '20261120-081103-x7k2';
const hit: Announcement = { run, nonce: 116n, digest: 'ab'.repeat(32), instance: 3 };
const minute = 60_000;

/** When a request was signed, as its X-Amz-Date says: `20261120T081103Z`. */
function signedAt(stamp: string): number {
  return Date.parse(stamp.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
}

/** As much of SQS as a run needs, whose clock differs from ours, and who believes a signature for five minutes only. */
class OtherClock {
  /** Milliseconds. */
  ahead = 0;
  readonly answered: string[] = [];
  refused = 0;
  readonly #server: Server;
  readonly #answers: Readonly<Record<string, object>> = {
    CreateQueue: { QueueUrl: `http://127.0.0.1/1/cnd-${run}` },
    SendMessage: {
      MessageId: '1',
      MD5OfMessageBody: createHash('md5').update(messageBody(hit)).digest('hex'),
    },
  };

  private constructor() {
    this.#server = createServer((request, response) => {
      const now = Date.now() + this.ahead;
      response.setHeader('Date', new Date(now).toUTCString());
      response.setHeader('Content-Type', 'application/x-amz-json-1.0');
      if (Math.abs(now - signedAt(String(request.headers['x-amz-date']))) > 5 * minute) {
        this.refused++;
        const message = 'Signature expired: it is now earlier than it was then';
        response.writeHead(403).end(JSON.stringify({ __type: 'InvalidSignatureException', message }));
        return;
      }
      const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
      this.answered.push(action);
      response.end(JSON.stringify(this.#answers[action] ?? {}));
    });
  }

  static async start(): Promise<OtherClock> {
    const clock = new OtherClock();
    clock.#server.listen(0, '127.0.0.1');
    await once(clock.#server, 'listening');
    return clock;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe('when the clock of this machine is wrong', () => {
  let aws: OtherClock;
  beforeAll(() => {
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIAUSERUSERUSERUSER';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'user-secret';
  });
  afterAll(() => {
    delete process.env['AWS_ACCESS_KEY_ID'];
    delete process.env['AWS_SECRET_ACCESS_KEY'];
  });
  afterEach(() => aws.stop());

  test.each([20 * minute, -20 * minute])('by %d ms, AWS says by how much, and all goes on', async (ahead) => {
    aws = await OtherClock.start();
    aws.ahead = ahead;
    const settings = { region: 'eu-west-1', endpoint: aws.url };
    const expiresAt = new Date(Date.now() + 120 * minute);
    const broadcast = new SqsBroadcast({ settings, env: {}, owner: 'nobody', expiresAt });
    await broadcast.open(run, AbortSignal.timeout(10_000));
    await broadcast.announce(hit);
    await broadcast.close();
    expect(aws.answered).toEqual(['CreateQueue', 'SendMessage', 'DeleteQueue']);
    expect(aws.refused).toBe(1);
  });
});
