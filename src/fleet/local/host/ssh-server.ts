import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ParsedKey } from 'ssh2';
import { serveCommand } from './command.ts';
import type { StartCommand } from './command.ts';
import { signingKey } from '../../../session/ssh/handshake/signing-key.ts';
import { listenOnLoopback } from './loopback.ts';
import type { PendingLogins } from './pending-login.ts';
import { loginUser } from '../environment.ts';

// As sshd by default: a client that is silent for long, say one that is stopped, is not thrown out.
ssh2.Server.KEEPALIVE_CLIENT_INTERVAL = -1;

/** The two keys of a run, the same for all its instances. */
export interface ServerKeys {
  /** Private, in OpenSSH's format: what the server proves itself with. */
  readonly host: string;
  /** Public, `<type> <base64>`: the only one that may log in. */
  readonly login: string;
}

/** The sshd of one instance, on a port of its own on 127.0.0.1. */
export class SshServer {
  // Sockets are accepted here and handed to ssh2, which does not tell which ones it has, so that they can be cut.
  readonly #listener;
  readonly #sockets = new Set<Socket>();

  /** Commands are started by `start`; without it the server accepts connections and says nothing. */
  constructor(keys: ServerKeys, pending: PendingLogins, start: StartCommand | undefined) {
    const loginKey = ssh2.utils.parseKey(keys.login);
    if (loginKey instanceof Error) throw loginKey;
    const ssh = new ssh2.Server({ hostKeys: [{ key: signingKey(keys.host) }] }, (connection, { port }) => {
      // ssh2 does not give its socket away; all come from 127.0.0.1.
      const socket = [...this.#sockets].find(({ remotePort }) => remotePort === port);
      connection.once('ready', () => {
        if (socket) pending.settled(socket);
      });
      if (start) serve(connection, loginKey, start);
    });
    ssh.on('error', ignore);
    this.#listener = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      pending.add(socket);
      socket.on('error', ignore).once('close', () => this.#sockets.delete(socket));
      if (start) ssh.injectSocket(socket);
      else socket.resume();
    });
    this.#listener.on('error', ignore);
  }

  /** Starts to listen and resolves with the port. */
  async listen(): Promise<number> {
    return listenOnLoopback(this.#listener);
  }

  /** Cuts every connection without a word, as a power failure does. */
  close(): void {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

function serve(connection: Connection, loginKey: ParsedKey, start: StartCommand): void {
  connection.on('error', ignore);
  connection.setMaxListeners(0); // one for each command under way
  connection.on('authentication', (context) => {
    if (mayEnter(context, loginKey)) context.accept();
    else context.reject(['publickey']);
  });
  connection.on('session', (accept) => serveCommand(accept(), connection, start));
}

/** Only the one user with the one key; a question without a signature asks whether that key would do (RFC 4252, 7). */
function mayEnter(context: AuthContext, loginKey: ParsedKey): boolean {
  if (context.method !== 'publickey' || context.username !== loginUser) return false;
  if (context.key.algo !== loginKey.type || !context.key.data.equals(loginKey.getPublicSSH())) return false;
  const { blob, signature, hashAlgo } = context;
  if (!signature) return true;
  // Its type says boolean, but a signature that makes no sense gives an Error, which is not false.
  const isValid: unknown = blob !== undefined && loginKey.verify(blob, signature, hashAlgo);
  return isValid === true;
}

function ignore(): void {}
