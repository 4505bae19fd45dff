import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CndError, messageOf } from '../../error.ts';
import type { Ec2Settings } from '../../config/ec2-schema.ts';
import type { Access } from '../../ssh/access.ts';
import { knownKeys } from './known-hosts.ts';

type Jump = NonNullable<Ec2Settings['jump']>;

/**
 * How to reach the jump host. Its key is pinned like any other: from the configuration, or from known_hosts.
 * @throws CndError when there is no key to pin or the identity cannot be read.
 */
export async function jumpAccess(jump: Jump, env: NodeJS.ProcessEnv): Promise<Access> {
  const { user, host, port } = parseVia(jump.via);
  const home = env['HOME'] ?? homedir();
  const hostKeys = jump.hostKey
    ? [jump.hostKey.split(' ').slice(0, 2).join(' ')]
    : await known(host, port, withHome(jump.knownHosts ?? '~/.ssh/known_hosts', home));
  const agent = env['SSH_AUTH_SOCK'];
  if (jump.identity !== undefined) {
    const privateKey = await identity(withHome(jump.identity, home));
    return { host, port, user, hostKeys, privateKey };
  }
  if (agent) return { host, port, user, hostKeys, agent };
  throw new CndError('ec2-jump', `there is no key to log in to the jump host ${host} with`, {
    about: 'ec2.jump',
    hint: 'set ec2.jump.identity to the path of a private key, or start an ssh-agent',
  });
}

/** The parts of `user@host:port`. Pure. */
export function parseVia(via: string): { user: string; host: string; port: number } {
  const [, user = '', bracketed, plain = '', port] =
    /^([^@]+)@(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(via) ?? [];
  return { user, host: bracketed ?? plain, port: Number(port ?? 22) };
}

async function known(host: string, port: number, path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const keys = knownKeys(text, host, port);
  if (keys.length > 0) return keys;
  const name = port === 22 ? host : `[${host}]:${port}`;
  throw new CndError('ec2-jump', `the host key of the jump host ${name} is not known`, {
    about: 'ec2.jump',
    hint: `set ec2.jump.hostKey, or log in there once with ssh so that ${path} knows it`,
  });
}

async function identity(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CndError('ec2-jump', `the key ${path} cannot be read: ${messageOf(error)}`, {
      about: 'ec2.jump.identity',
      hint: 'set ec2.jump.identity to the path of a private key, or leave it out to use the ssh-agent',
      cause: error,
    });
  }
}

function withHome(path: string, home: string): string {
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}
