import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import type { Access, KeyPair } from '../../src/session/ssh/access.ts';
import { generateKeyPair } from '../../src/session/ssh/key.ts';
import { killServer, onFreePort, untilListening } from './daemon.ts';
import { isAvailable } from './available.ts';

const program = '/usr/sbin/sshd';

/** Whether tests with OpenSSH's server can run. In CI they must, so that they are never skipped unseen. */
export function hasSshd(): boolean {
  return isAvailable(
    existsSync(program) ? undefined : `${program} is missing (Debian package openssh-server)`,
  );
}

/** OpenSSH's own server on loopback, for this user and a key of its own. */
export class Sshd {
  readonly access: Access;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, directory: string, access: Access) {
    this.#child = child;
    this.#directory = directory;
    this.access = access;
    this.pid = child.pid ?? 0;
  }

  /**
   * @param lines More of sshd_config; the first value of a keyword counts, and these come first.
   * @param loginKey The key that may log in; by default one of its own.
   * @param within A command that runs another one in a network namespace of its own; by default none.
   */
  static async start(
    lines: readonly string[] = [],
    loginKey: KeyPair = generateKeyPair(),
    within: readonly string[] = [],
  ): Promise<Sshd> {
    const directory = await mkdtemp(join(tmpdir(), 'cnd-sshd-'));
    const hostKey = generateKeyPair();
    await writeFile(join(directory, 'host_key'), hostKey.privateKey, { mode: 0o600 });
    await writeFile(join(directory, 'authorized_keys'), `${loginKey.publicKey}\n`);
    // Where a server started by root drops its privileges to.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    return onFreePort(async (port) => {
      const config = join(directory, 'sshd_config');
      await writeFile(config, configuration(directory, port, lines));
      const [command, ...args] = [...within, program, '-D', '-e', '-f', config];
      const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      const log = await untilListening(child, 'Server listening');
      if (log !== undefined) return `sshd did not start: ${log}`;
      const { username } = userInfo();
      const access = {
        host: '127.0.0.1',
        port,
        user: username,
        privateKey: loginKey.privateKey,
        hostKeys: [hostKey.publicKey],
      };
      return new Sshd(child, directory, access);
    });
  }

  /** Ends the listener; sessions that are open live on, as they do in a real sshd. */
  async stop(): Promise<void> {
    await killServer(this.#child);
    await rm(this.#directory, { recursive: true });
  }
}

function configuration(directory: string, port: number, lines: readonly string[]): string {
  return [
    ...lines,
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${directory}/host_key`,
    `AuthorizedKeysFile ${directory}/authorized_keys`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    'PidFile none',
    'UseDNS no',
    // A home without a .bashrc: bash reads it for commands that come by SSH.
    `SetEnv HOME=${directory}`,
    '',
  ].join('\n');
}
