import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { ClientChannel } from 'ssh2';
import type { Access } from '../../src/session/ssh/access.ts';

/** What became of a command. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A bare SSH connection for tests of fleets, made with ssh2 alone: they do not depend on src/ssh. */
export class Login {
  readonly client = new ssh2.Client();
  #closed = false;

  /** Logs in, believing only the pinned host keys. */
  static async open(access: Access): Promise<Login> {
    const login = new Login();
    const { client } = login;
    const ready = once(client, 'ready');
    client.on('error', () => undefined).on('close', () => (login.#closed = true));
    client.connect({
      sock: await login.#dial(access),
      username: access.user,
      ...(access.privateKey === undefined ? {} : { privateKey: access.privateKey }),
      hostVerifier: (key: Buffer) =>
        access.hostKeys.some((known) => known.split(' ')[1] === key.toString('base64')),
      readyTimeout: 5000,
    });
    await ready;
    return login;
  }

  /** A TCP connection, or a channel through the jump host. */
  async #dial({ host, port, jump }: Access): Promise<Duplex> {
    if (!jump) return connect({ host, port, noDelay: true }).on('error', () => undefined);
    const { client } = await Login.open(jump);
    this.client.on('close', () => client.end());
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        client.end();
        reject(new Error('Timed out while waiting for the jump host'));
      }, 3000);
      client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
        clearTimeout(late);
        if (!error) return resolve(channel);
        client.end();
        reject(new Error(`closed: ${error.message}`));
      });
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Starts a command and gives its channel. */
  async start(command: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      this.client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)));
    });
  }

  /** Runs a command to its end, with `stdin` as its whole input. */
  async run(command: string, stdin: string | Buffer = ''): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.client.exec(command, (error, channel) => {
        if (error) {
          reject(error);
          return;
        }
        // Listening from the very start: the exit may have come in the same packet as the word that it was started.
        const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
        let [code, signal]: [number | null, string | undefined] = [null, undefined];
        channel.on('exit', (...exit: [number | null, string?]) => ([code, signal] = exit));
        channel.on('data', (data: Buffer) => stdout.push(data));
        channel.stderr.on('data', (data: Buffer) => stderr.push(data));
        channel.on('close', () => {
          resolve({
            code,
            signal,
            stdout: Buffer.concat(stdout).toString(),
            stderr: Buffer.concat(stderr).toString(),
          });
        });
        channel.end(stdin);
      });
    });
  }

  close(): void {
    this.client.end();
  }
}
