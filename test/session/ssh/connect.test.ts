import { once } from 'node:events';
import { type Socket } from 'node:net';
import { spawn } from 'node:child_process';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Access } from '../../../src/session/ssh/access.ts';
import { connect } from '../../../src/session/ssh/connect.ts';
import { classify } from '../../../src/session/ssh/failure.ts';
import { type FailureCause } from '../../../src/session/ssh/attempt.ts';
import { handshakeLimit } from '../../../src/session/ssh/handshake/limit.ts';
import { fingerprint, generateKeyPair } from '../../../src/session/ssh/key.ts';
import { freePort, type SshServerOptions, tcpServer, TestSshServer } from '../../helper/ssh-server.ts';

async function start(options?: SshServerOptions): Promise<TestSshServer> {
  const server = await TestSshServer.start(options);
  onTestFinished(() => server.stop());
  return server;
}

async function listen(serve?: (socket: Socket) => void): Promise<Access> {
  const { port, stop } = await tcpServer(serve);
  onTestFinished(stop);
  return someAccess(port);
}

function someAccess(port: number): Access {
  const { privateKey, publicKey } = generateKeyPair();
  return { host: '127.0.0.1', port, user: 'worker', privateKey, hostKeys: [publicKey] };
}

function failure(cause: FailureCause, access: Access) {
  const about = `${access.user}@${access.host}:${access.port}`;
  return expect.objectContaining({ code: `ssh-${cause}`, failure: cause, about, hint: expect.any(String) });
}

/** A port whose queue of new connections is full, so that the kernel drops more: a machine that does not answer. */
async function deafPort(): Promise<number> {
  const program = [
    'import socket, sys',
    's = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(0)',
    'a = s.getsockname()',
    'c = [socket.socket() for _ in range(4)]',
    'for x in c: x.setblocking(False); x.connect_ex(a)',
    'print(a[1], flush=True); sys.stdin.read()',
  ].join('\n');
  const child = spawn('python3', ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  return Number(String(line));
}

describe('connect', () => {
  it('connects to a server with the pinned key', async () => {
    const server = await start();
    const connection = await connect(server.access);
    expect(connection.access).toEqual(server.access);
    await connection.close();
    await expect(connection.closed).resolves.toBeUndefined();
  });

  it('accepts any of several pinned keys', async () => {
    const server = await start();
    const hostKeys = [generateKeyPair().publicKey, `${server.hostKey.publicKey} a comment`];
    const connection = await connect({ ...server.access, hostKeys });
    expect(server.logins).toBeGreaterThan(0);
    await connection.close();
  });

  describe('names the cause of a failure:', () => {
    it('refused', async () => {
      const access = someAccess(await freePort());
      await expect(connect(access)).rejects.toThrow(failure('refused', access));
      await expect(connect(access)).rejects.toThrow(/port \d+ refuses connections: sshd is not up yet/);
    });

    it('silent', async () => {
      const access = await listen();
      await expect(connect(access, { timeout: 100 })).rejects.toThrow(failure('silent', access));
    });

    it('closed-early, by a reset', async () => {
      const access = await listen((socket) => socket.resetAndDestroy());
      await expect(connect(access)).rejects.toThrow(failure('closed-early', access));
    });

    it('closed-early, as by an sshd with too many connections', async () => {
      const access = await listen((socket) => socket.end('Exceeded MaxStartups\r\n'));
      await expect(connect(access)).rejects.toThrow(failure('closed-early', access));
    });

    it('closed-early, after the banner', async () => {
      const access = await listen((socket) => {
        socket.write('SSH-2.0-OpenSSH_9.2\r\n');
        socket.once('data', () => socket.resetAndDestroy());
      });
      await expect(connect(access)).rejects.toThrow(failure('closed-early', access));
    });

    it('closed-early, by something that is not SSH', async () => {
      const access = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await expect(connect(access)).rejects.toThrow(failure('closed-early', access));
    });

    it('timeout, when nothing answers', async () => {
      const access = someAccess(await deafPort());
      const connecting = connect(access, { timeout: 300 });
      await expect(connecting).rejects.toThrow(failure('timeout', access));
      await expect(connecting).rejects.toThrow(/does not answer on port/);
    });

    it('timeout, when the handshake stalls', async () => {
      const access = await listen((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
      const connecting = connect(access, { timeout: 100 });
      await expect(connecting).rejects.toThrow(failure('timeout', access));
      await expect(connecting).rejects.toThrow(/key exchange .* does not complete/);
    });

    it('host-key, naming both fingerprints, before any login is sent', async () => {
      const server = await start();
      const other = generateKeyPair().publicKey;
      const access = { ...server.access, hostKeys: [other] };
      const connecting = connect(access);
      await expect(connecting).rejects.toThrow(failure('host-key', access));
      await expect(connecting).rejects.toThrow(fingerprint(other));
      await expect(connecting).rejects.toThrow(fingerprint(server.hostKey.publicKey));
      // The connection is over on both sides, so that nothing can come any more.
      if (server.sockets.size > 0)
        await Promise.all([...server.sockets].map((socket) => once(socket, 'close')));
      expect([server.connections, server.logins]).toEqual([1, 0]);
    });

    it('host-key, when the server has none of the pinned type', async () => {
      const server = await start();
      const access = { ...server.access, hostKeys: ['ecdsa-sha2-nistp256 AAAA'] };
      await expect(connect(access)).rejects.toThrow(failure('host-key', access));
      expect(server.logins).toBe(0);
    });

    it('login, by a wrong key', async () => {
      const server = await start();
      const access = { ...server.access, privateKey: generateKeyPair().privateKey };
      await expect(connect(access)).rejects.toThrow(failure('login', access));
    });

    it('login, by a wrong user, with a hint', async () => {
      const server = await start();
      const access = { ...server.access, user: 'ubuntu' };
      const hint = expect.stringContaining('Is ubuntu the right user');
      await expect(connect(access)).rejects.toMatchObject({ code: 'ssh-login', hint });
    });

    it('login, by an ssh-agent that is not there', async () => {
      const server = await start();
      const { privateKey: _, ...rest } = server.access;
      const access = { ...rest, agent: '/nonexistent/agent' };
      await expect(connect(access)).rejects.toThrow(failure('login', access));
    });

    it('no-common-algorithm', async () => {
      const server = await start({ kex: ['diffie-hellman-group14-sha1'] });
      await expect(connect(server.access)).rejects.toThrow(failure('no-common-algorithm', server.access));
    });

    it('name', async () => {
      // Too long a label: refused without a question to a name server.
      const access = { ...someAccess(22), host: `${'x'.repeat(64)}.invalid` };
      await expect(connect(access)).rejects.toThrow(failure('name', access));
    });

    it.each([
      ['EHOSTUNREACH', 'unreachable'],
      ['ENETUNREACH', 'unreachable'],
      ['ETIMEDOUT', 'timeout'],
      ['EMFILE', 'local'],
    ] as const)('%s is %s', (code, cause) => {
      const error = Object.assign(new Error(`connect ${code}`), { code });
      expect(classify(someAccess(22), { error })).toMatchObject({ failure: cause, cause: error });
    });
  });

  it('never connects without a pinned key', async () => {
    const server = await start();
    for (const hostKeys of [[], ['ssh-dss AAAA'], ['']]) {
      await expect(connect({ ...server.access, hostKeys })).rejects.toThrow(
        expect.objectContaining({ code: 'ssh-no-host-key' }),
      );
    }
    expect(server.connections).toBe(0);
  });

  it('says that a private key cannot be used', async () => {
    const server = await start();
    await expect(connect({ ...server.access, privateKey: 'nonsense' })).rejects.toThrow(
      expect.objectContaining({ code: 'ssh-private-key' }),
    );
  });

  describe('stops on its signal', () => {
    const stopped = expect.objectContaining({ code: 'session-aborted' });

    it('before it begins', async () => {
      const server = await start();
      await expect(connect(server.access, { signal: AbortSignal.abort() })).rejects.toThrow(stopped);
      expect(server.connections).toBe(0);
    });

    it('while nothing answers', async () => {
      const stop = new AbortController();
      const connecting = connect(someAccess(await deafPort()), { signal: stop.signal });
      setImmediate(() => stop.abort());
      await expect(connecting).rejects.toThrow(stopped);
    });

    it('while the server is silent', async () => {
      const stop = new AbortController();
      const access = await listen(() => stop.abort());
      await expect(connect(access, { signal: stop.signal })).rejects.toThrow(stopped);
    });

    it('while logging in', async () => {
      const stop = new AbortController();
      const gate = new Promise<void>(() => {});
      const server = await start({ gate });
      const connecting = connect(server.access, { signal: stop.signal });
      await expect.poll(() => server.logins).toBe(1);
      stop.abort();
      await expect(connecting).rejects.toThrow(stopped);
      await expect.poll(() => server.sockets.size).toBe(0);
    });

    it('while waiting for other handshakes', async () => {
      const stop = new AbortController();
      const handshakes = handshakeLimit(1);
      void handshakes(() => new Promise(() => {}));
      const connecting = connect(someAccess(1), { signal: stop.signal, handshakes });
      stop.abort();
      await expect(connecting).rejects.toThrow(stopped);
    });
  });

  describe('the handshake limit', () => {
    it('holds for 64 connections at once, without a warning about listeners', async () => {
      const warnings: Error[] = [];
      const note = (warning: Error) => warnings.push(warning);
      process.on('warning', note);
      onTestFinished(() => void process.off('warning', note));
      const server = await start();
      const handshakes = handshakeLimit(8);
      const { signal } = new AbortController();
      const connections = await Promise.all(
        Array.from({ length: 64 }, () => connect(server.access, { signal, handshakes })),
      );
      expect(server.connections).toBe(64);
      expect(server.mostPending).toBeLessThanOrEqual(8);
      expect(server.mostPending).toBeGreaterThan(4);
      await Promise.all(connections.map((connection) => connection.close()));
      expect(warnings).toEqual([]);
    });

    it('leaves no connection open that was stopped while it waited for its turn', async () => {
      const stop = new AbortController();
      const handshakes = handshakeLimit(1);
      let arrived = 0;
      const access = await listen(() => (arrived += 1));
      const ends = Promise.allSettled([1, 2].map(() => connect(access, { signal: stop.signal, handshakes })));
      await expect.poll(() => arrived).toBe(1);
      stop.abort();
      expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(arrived).toBe(1);
    });

    it('is not used up by machines that do not answer', async () => {
      const port = await deafPort();
      const server = await start();
      const handshakes = handshakeLimit(1);
      const stop = new AbortController();
      const deaf = connect(someAccess(port), { signal: stop.signal, handshakes, timeout: 20_000 });
      const connection = await connect(server.access, { handshakes });
      await connection.close();
      stop.abort();
      await expect(deaf).rejects.toThrow('was stopped');
    });
  });
});
