import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../error.ts';
import { isSocket, readIdentity } from '../../ssh/identity.ts';
import type { HostsConfig } from './config.ts';
import type { Host } from './host.ts';

/** What a login is made with. */
export type Login = Pick<Host, 'identity' | 'agent'>;

/** The keys that OpenSSH tries by itself, in its order. */
const usual = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/**
 * What to log in to a host with: its identity file, or the list's; without one the ssh-agent, and the user's usual key if
 * that needs no passphrase.
 * @throws UsageError when what was named cannot be used, or there is nothing.
 */
export function chooseLogin(
  own: string | undefined,
  about: string,
  config: HostsConfig,
  env: NodeJS.ProcessEnv,
): Login {
  const agent = chooseAgent(config, env);
  const named = own ?? config.identityFile;
  if (named !== undefined) {
    requireIdentity(named, own === undefined ? 'hosts.identityFile' : `${about}.identity`);
    return { identity: named, ...(config.agent && agent !== undefined && { agent }) };
  }
  const identity = usual
    .map((name) => join(env['HOME'] ?? homedir(), '.ssh', name))
    .find((path) => 'privateKey' in readIdentity(path));
  if (identity === undefined && agent === undefined) {
    const looked = usual.map((name) => `~/.ssh/${name}`).join(', ');
    throw new UsageError(
      'no-identity',
      `hosts.identityFile is not given, no ssh-agent runs, and none of ${looked} can be used`,
      {
        about: 'hosts.identityFile',
        hint: 'start an agent: eval "$(ssh-agent)" && ssh-add; or set hosts.identityFile in cnd.config.json',
      },
    );
  }
  return { ...(identity !== undefined && { identity }), ...(agent !== undefined && { agent }) };
}

function requireIdentity(path: string, about: string): void {
  const read = readIdentity(path);
  if ('privateKey' in read) return;
  const hint =
    read.reason === 'encrypted'
      ? `give it to the ssh-agent: ssh-add ${path}; then remove ${about}, or set hosts.agent to true`
      : 'name a private key, for example { "hosts": { "identityFile": "~/.ssh/id_ed25519" } }';
  throw new UsageError('bad-setting', `${about} is '${path}': it ${read.problem}`, { about, hint });
}

function chooseAgent({ agent }: HostsConfig, env: NodeJS.ProcessEnv): string | undefined {
  if (agent === false) return undefined;
  const named = typeof agent === 'string';
  const path = named ? agent : env['SSH_AUTH_SOCK'];
  if (path !== undefined && path !== '' && isSocket(path)) return path;
  if (agent === undefined) return undefined;
  const what = path ? `there is no ssh-agent at ${path}` : 'SSH_AUTH_SOCK is not set, so no ssh-agent runs';
  throw new UsageError('bad-setting', `hosts.agent is ${named ? `'${agent}'` : 'true'}: ${what}`, {
    about: 'hosts.agent',
    hint: 'start one: eval "$(ssh-agent)" && ssh-add',
  });
}
