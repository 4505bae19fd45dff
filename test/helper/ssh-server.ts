import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';

import ssh2, { type Connection, type KexAlgorithm, type ServerChannel, type Session } from 'ssh2';

import type { Access, KeyPair } from '../../src/session/ssh/access.ts';
import { generateKeyPair, publicKeyBlob } from '../../src/session/ssh/key.ts';

/** How the in-process server behaves; by default like a machine that is ready. */
export interface SshServerOptions {
  readonly hostKey?: KeyPair;
  /** The key that may log in. */
  readonly loginKey?: KeyPair;
  /** The user that may log in. */
  readonly user?: string;
  readonly kex?: readonly KexAlgorithm[];
  readonly port?: number;
  /** Waits with each login until this resolves. */
  readonly gate?: Promise<void>;
  /** Ends commands without a word about how they ended. */
  readonly mute?: boolean;
  /** Drops every connection in place of an answer to its first command. */
  readonly hangsUp?: boolean;
  /** Milliseconds for which the output of a command is kept back after its end was told. */
  readonly lateOutput?: number;
}

/** A real SSH server in this process, whose commands are run by /bin/sh. */
export class TestSshServer {
  readonly hostKey: KeyPair;
  readonly loginKey: KeyPair;
  readonly sockets = new Set<Socket>();
  readonly pids = new Set<number>();
  connections = 0;
  logins = 0;
  /** Connections that have not logged in yet, now and at most. */
  pending = 0;
  mostPending = 0;
  user: string;
  port = 0;
  readonly #tcp: TcpServer;

  private constructor(options: SshServerOptions) {
    this.hostKey = options.hostKey ?? generateKeyPair();
    this.loginKey = options.loginKey ?? generateKeyPair();
    this.user = options.user ?? 'worker';
    const ssh = new ssh2.Server({
      hostKeys: [this.hostKey.privateKey],
      ...(options.kex === undefined ? {} : { algorithms: { kex: [...options.kex] } }),
    });
    ssh.on('connection', (client) => this.#serve(client, options));
    this.#tcp = createServer((socket) => {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => {});
      ssh.injectSocket(socket);
    });
  }

  static async start(options: SshServerOptions = {}): Promise<TestSshServer> {
    const server = new TestSshServer(options);
    server.#tcp.listen(options.port ?? 0, '127.0.0.1');
    await once(server.#tcp, 'listening');
    server.port = portOf(server.#tcp);
    return server;
  }

  get access(): Access {
    return {
      host: '127.0.0.1',
      port: this.port,
      user: this.user,
      privateKey: this.loginKey.privateKey,
      hostKeys: [this.hostKey.publicKey],
    };
  }

  /** As a machine that is gone: every connection is reset. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    for (const pid of this.pids) killGroup(pid, 'SIGKILL');
    for (const socket of this.sockets) socket.destroy();
    this.#tcp.close();
    await once(this.#tcp, 'close');
  }

  #serve(client: Connection, options: SshServerOptions): void {
    this.connections += 1;
    this.pending += 1;
    this.mostPending = Math.max(this.mostPending, this.pending);
    let counted = true;
    const settled = () => {
      if (counted) this.pending -= 1;
      counted = false;
    };
    const allowed = publicKeyBlob(this.loginKey.publicKey);
    client
      .on('error', () => {})
      .on('close', settled)
      .on('authentication', (login) => {
        this.logins += 1;
        const good =
          login.method === 'publickey' && login.username === this.user && login.key.data.equals(allowed);
        const answer = () => (good ? login.accept() : login.reject(['publickey']));
        void (options.gate ?? Promise.resolve()).then(answer);
      })
      .on('ready', settled)
      .on('session', (accept) => this.#session(accept(), options));
  }

  #session(session: Session, options: SshServerOptions): void {
    // ssh2's server is deaf to signals once the client has ended stdin; OpenSSH's is not.
    session.on('eof', () => Reflect.set(session, '_ending', false));
    session.on('exec', (accept, _reject, { command }) => {
      if (options.hangsUp === true) {
        for (const socket of this.sockets) socket.destroy();
        return;
      }
      const channel = accept();
      const pid = runShell(channel, command, options);
      this.pids.add(pid);
      session.on('signal', (acceptSignal, _rejectSignal, { name }) => {
        acceptSignal?.();
        killGroup(pid, `SIG${name}`);
      });
    });
  }
}

function runShell(channel: ServerChannel, command: string, options: SshServerOptions): number {
  const { mute = false, lateOutput } = options;
  const child = spawn('/bin/sh', ['-c', command], { detached: true });
  for (const stream of [channel, channel.stderr, child.stdin]) stream.on('error', () => {});
  channel.pipe(child.stdin);
  const { stdout, stderr } = child;
  if (lateOutput === undefined) {
    stdout.pipe(channel, { end: false });
    stderr.pipe(channel.stderr, { end: false });
    child.on('close', () => channel.stderr.end(() => channel.end()));
  } else {
    const kept = [stdout.pipe(new PassThrough()), stderr.pipe(new PassThrough())] as const;
    child.on('exit', () =>
      setTimeout(() => {
        kept[1].pipe(channel.stderr, { end: false });
        kept[0].pipe(channel);
      }, lateOutput),
    );
  }
  // As sshd does: how it ended is said at once, whatever output is still on its way.
  child.on('exit', (code, signal) => {
    if (mute) return;
    if (signal === null) channel.exit(code ?? 0);
    else channel.exit(signal.slice(3));
  });
  return child.pid ?? 0;
}

/** Signals a process group that may be gone. */
function killGroup(pid: number, signal: string): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended by itself.
  }
}

/** A listener that does with each connection whatever `serve` does. */
export async function tcpServer(
  serve: (socket: Socket) => void = () => {},
  port = 0,
): Promise<{ port: number; sockets: Set<Socket>; stop: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: portOf(server), sockets, stop };
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const { port, stop } = await tcpServer();
  await stop();
  return port;
}

function portOf(server: TcpServer): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new TypeError('the server does not listen on a port');
  return address.port;
}
