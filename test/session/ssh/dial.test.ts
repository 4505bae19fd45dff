import { once } from 'node:events';
import { type Socket, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { dial } from '../../../src/session/ssh/dial.ts';

test('what was said before a connection was reset is read, also by who writes first', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  try {
    const accepting = once(server, 'connection') as Promise<[Socket]>;
    const access = { host: '127.0.0.1', port, user: 'cnd', hostKeys: [] };
    const stream = await dial(access, undefined, {});
    const [other] = await accepting;
    let heard = '';
    stream.on('data', (data: Buffer) => (heard += data.toString()));
    const closed = once(stream, 'close');
    // All in one turn, as for a process that was suspended meanwhile: nothing is read before it writes.
    other.write('last words');
    other.resetAndDestroy();
    stream.write('a ping');
    stream.write('and another');
    await closed;
    expect(heard).toBe('last words');
  } finally {
    server.close();
  }
});
