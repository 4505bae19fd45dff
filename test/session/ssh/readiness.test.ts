import type { Socket } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Access } from '../../../src/session/ssh/access.ts';
import type { FailureCause } from '../../../src/session/ssh/attempt.ts';
import { handshakeLimit } from '../../../src/session/ssh/handshake/limit.ts';
import { generateKeyPair } from '../../../src/session/ssh/key.ts';
import { type ReadinessOptions, waitUntilReady } from '../../../src/session/ssh/readiness.ts';
import { freePort, type SshServerOptions, tcpServer, TestSshServer } from '../../helper/ssh-server.ts';

async function start(options?: SshServerOptions): Promise<TestSshServer> {
  const server = await TestSshServer.start(options);
  onTestFinished(() => server.stop());
  return server;
}

function someAccess(port: number): Access {
  const { privateKey, publicKey } = generateKeyPair();
  return { host: '127.0.0.1', port, user: 'worker', privateKey, hostKeys: [publicKey] };
}

const nothing = (): Promise<void> => Promise.resolve();

/** Waits, and keeps what was said meanwhile. */
function waiting(access: Access, options: ReadinessOptions = {}) {
  const causes: FailureCause[] = [];
  const elapsed: number[] = [];
  const ready = waitUntilReady(access, {
    ...options,
    onWait: (cause, words, milliseconds) => {
      causes.push(cause);
      elapsed.push(milliseconds);
      options.onWait?.(cause, words, milliseconds);
    },
  });
  return { ready, causes, elapsed };
}

describe('waitUntilReady', () => {
  it('connects at once to what is ready, without a word', async () => {
    const server = await start();
    const { ready, causes } = waiting(server.access);
    await (await ready).close();
    expect(causes).toEqual([]);
  });

  it('waits through a boot and says each time what it waits for', async () => {
    const port = await freePort();
    const hostKey = generateKeyPair();
    const stages: FailureCause[] = ['refused', 'closed-early', 'silent'];
    const serve: ((socket: Socket) => void)[] = [(socket) => socket.resetAndDestroy(), () => {}];
    let server: TestSshServer | undefined;
    let next: Promise<unknown> = Promise.resolve();
    let stop = nothing;
    const loginKey = generateKeyPair();
    const access = { ...someAccess(port), privateKey: loginKey.privateKey, hostKeys: [hostKey.publicKey] };
    const { ready, causes, elapsed } = waiting(access, {
      connectTimeout: 100,
      // Each stage begins when the one before was seen.
      onWait: (cause) => {
        const handler = serve[stages.indexOf(cause)];
        next = stop().then(async () => {
          if (handler === undefined) server = await TestSshServer.start({ hostKey, loginKey, port });
          else ({ stop } = await tcpServer(handler, port));
        });
      },
    });
    const connection = await ready;
    await next;
    await connection.close();
    await server?.stop();
    expect(causes.filter((cause) => cause !== 'refused')).toEqual(['closed-early', 'silent']);
    expect(causes[0]).toBe('refused');
    expect(elapsed).toEqual(elapsed.toSorted((a, b) => a - b));
  });

  it('retries a refused login, since the user may come later', async () => {
    const server = await start();
    const access = server.access;
    server.user = 'not-yet';
    const { ready, causes } = waiting(access, {
      onWait: () => {
        server.user = access.user;
      },
    });
    await (await ready).close();
    expect(causes).toEqual(['login']);
  });

  it('gives up on a login that stays refused, with the hint', async () => {
    const server = await start();
    const { ready } = waiting({ ...server.access, user: 'ubuntu' }, { loginRetry: 100 });
    await expect(ready).rejects.toMatchObject({
      code: 'ssh-login',
      hint: expect.stringContaining('Is ubuntu the right user'),
    });
  });

  it.each([
    ['host-key', { hostKeys: [generateKeyPair().publicKey] }],
    ['name', { host: `${'x'.repeat(64)}.invalid` }],
  ] as const)('fails at once for %s', async (cause, change) => {
    const server = await start();
    const { ready, causes } = waiting({ ...server.access, ...change });
    await expect(ready).rejects.toMatchObject({ code: `ssh-${cause}` });
    expect(causes).toEqual([]);
    expect(server.connections).toBeLessThanOrEqual(1);
  });

  it('fails at once for no-common-algorithm', async () => {
    const server = await start({ kex: ['diffie-hellman-group14-sha1'] });
    await expect(waitUntilReady(server.access)).rejects.toMatchObject({ code: 'ssh-no-common-algorithm' });
    expect(server.connections).toBe(1);
  });

  it('ends at its timeout with the last cause', async () => {
    const access = someAccess(await freePort());
    const { ready, causes } = waiting(access, { timeout: 300 });
    await expect(ready).rejects.toMatchObject({
      code: 'ssh-not-ready',
      message: expect.stringMatching(/was not ready within 0.3 s: port \d+ refuses connections/),
      hint: expect.stringContaining('Is sshd running'),
      cause: expect.objectContaining({ failure: 'refused' }),
    });
    expect(causes).toEqual(['refused']);
  });

  it('ends at its timeout in the middle of a try', async () => {
    const { port, stop } = await tcpServer();
    onTestFinished(stop);
    await expect(waitUntilReady(someAccess(port), { timeout: 100 })).rejects.toMatchObject({
      code: 'ssh-not-ready',
    });
  });

  it('stops on its signal with the last cause', async () => {
    const stop = new AbortController();
    const access = someAccess(await freePort());
    const { ready } = waiting(access, { signal: stop.signal, onWait: () => stop.abort() });
    await expect(ready).rejects.toMatchObject({
      code: 'session-aborted',
      cause: expect.objectContaining({ failure: 'refused' }),
    });
  });

  it('occupies no slot while it sleeps', async () => {
    const handshakes = handshakeLimit(1);
    const stop = new AbortController();
    const port = await freePort();
    const booting = Array.from({ length: 20 }, () =>
      waitUntilReady(someAccess(port), { signal: stop.signal, handshakes }),
    );
    const server = await start();
    await (await waitUntilReady(server.access, { handshakes, timeout: 2_000 })).close();
    stop.abort();
    const ends = await Promise.allSettled(booting);
    expect(ends.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'rejected'));
  });
});
