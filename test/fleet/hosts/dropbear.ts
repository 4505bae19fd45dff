import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Access, KeyPair } from '../../../src/session/ssh/access.ts';
import { killServer, onFreePort, untilListening } from '../../helper/daemon.ts';
import { isAvailable } from '../../helper/available.ts';

const program = '/usr/sbin/dropbear';
const wrapper = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/libnss_wrapper.so`;

/** Whether tests with Dropbear can run. In CI they must, so that they are never skipped unseen. */
export function hasDropbear(): boolean {
  const missing = [
    ...(existsSync(program) ? [] : [`${program} is missing (Debian package dropbear-bin)`]),
    ...(existsSync(wrapper) ? [] : [`${wrapper} is missing (Debian package libnss-wrapper)`]),
  ].join(', ');
  return isAvailable(missing === '' ? undefined : missing);
}

/**
 * Dropbear on loopback, for this user. It has no AuthorizedKeysFile, only the home of the user database: nss_wrapper
 * shows it a database with a home of its own.
 */
export class Dropbear {
  readonly access: Access;
  readonly home: string;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, directory: string, access: Access) {
    this.#child = child;
    this.#directory = directory;
    this.home = join(directory, 'home');
    this.access = access;
  }

  static async start(loginKey: KeyPair): Promise<Dropbear> {
    const directory = await mkdtemp(join(tmpdir(), 'cnd-dropbear-'));
    const { username, uid, gid } = userInfo();
    const home = join(directory, 'home');
    await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 });
    await writeFile(join(home, '.ssh', 'authorized_keys'), `${loginKey.publicKey}\n`, { mode: 0o600 });
    await writeFile(join(directory, 'passwd'), `${username}:x:${uid}:${gid}::${home}:/bin/sh\n`);
    await writeFile(join(directory, 'group'), `${username}:x:${gid}:\n`);
    const key = join(directory, 'host_key');
    const made = execFileSync('dropbearkey', ['-t', 'ed25519', '-f', key], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const hostKey = /^ssh-ed25519 \S+/m.exec(made)?.[0];
    if (hostKey === undefined) throw new Error(`dropbearkey said: ${made}`);
    return onFreePort(async (port) => {
      const child = spawn(
        program,
        ['-F', '-E', '-s', '-r', key, '-p', `127.0.0.1:${port}`, '-P', join(directory, 'pid')],
        {
          stdio: ['ignore', 'ignore', 'pipe'],
          env: {
            ...process.env,
            LD_PRELOAD: wrapper,
            NSS_WRAPPER_PASSWD: join(directory, 'passwd'),
            NSS_WRAPPER_GROUP: join(directory, 'group'),
          },
        },
      );
      // Said right after it has begun to listen.
      const failure = await untilListening(child, 'Not backgrounding');
      if (failure !== undefined) return `dropbear did not start on port ${port}: ${failure}`;
      const access = {
        host: '127.0.0.1',
        port,
        user: username,
        privateKey: loginKey.privateKey,
        hostKeys: [hostKey],
      };
      return new Dropbear(child, directory, access);
    });
  }

  async stop(): Promise<void> {
    await killServer(this.#child);
    await rm(this.#directory, { recursive: true });
  }
}
