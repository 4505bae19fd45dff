import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Client } from 'ssh2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Handshake } from '../../../../src/session/ssh/handshake/handshake.ts';
import { hasSshd, Sshd } from '../../../helper/sshd.ts';

/** This side's key of the last key exchange, where ssh2 keeps it. */
function keptKey(client: Client): unknown {
  return Reflect.get(Object(Reflect.get(Object(Reflect.get(client, '_protocol')), '_kex')), '_keys');
}

describe.runIf(hasSshd())('the private key of an X25519 key exchange', () => {
  it('is dropped when the exchange is over, at the login and whenever keys are renewed', async () => {
    const sshd = await Sshd.start(['KexAlgorithms curve25519-sha256', 'RekeyLimit 200K none']);
    onTestFinished(() => sshd.stop());
    const { access } = sshd;
    const stream = createConnection(access.port, access.host);
    await once(stream, 'connect');
    const handshake = new Handshake(access, stream, { interval: 10_000, count: 3 }, undefined);
    await handshake.exchangeKeys(20_000);
    const client = await handshake.logIn(20_000);
    expect(keptKey(client)).toBeNull();
    let exchanges = 0;
    client.on('handshake', () => (exchanges += 1));
    const bytes = await new Promise<number>((resolve, reject) => {
      client.exec('head -c 2000000 /dev/zero', (error, channel) => {
        if (error) return reject(error);
        let length = 0;
        channel.on('data', (data: Buffer) => (length += data.length));
        channel.on('close', () => resolve(length));
        return undefined;
      });
    });
    expect(bytes).toBe(2_000_000);
    expect(exchanges).toBeGreaterThan(0);
    expect(keptKey(client)).toBeNull();
    const closed = once(client, 'close');
    client.end();
    await closed;
  });
});
