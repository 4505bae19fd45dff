import { join } from 'node:path';
import { UsageError } from '../../error.ts';
import type { Access } from './access.ts';
import { isSocket, readIdentity } from './identity.ts';
import { homeDirectory } from '../../file.ts';

/** What a login to a machine that exists anyway is made with: paths, no secrets. */
export interface Login {
  /** Of a private key. */
  readonly identity?: string | undefined;
  /** Of an ssh-agent's socket. */
  readonly agent?: string | undefined;
}

/** What the configuration says of a login. */
export interface LoginSettings {
  /** Path of a private key. */
  readonly identity?: string | undefined;
  /** Whether to ask the ssh-agent of SSH_AUTH_SOCK, or another agent's socket; by default without an identity. */
  readonly agent?: boolean | string | undefined;
  /** What ~/.ssh/config says: files that need not be there, and whether only they are to be offered. */
  readonly configured?: { readonly identityFiles: readonly string[]; readonly identitiesOnly: boolean };
  /** The names of both, for messages. */
  readonly names: { readonly identity: string; readonly agent?: string };
}

/** The keys that OpenSSH tries by itself, in its order. */
const usual = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/**
 * What to log in with: the identity that is named; without one the ssh-agent, and the user's usual key if that needs no
 * passphrase.
 * @throws UsageError when what was named cannot be used, or there is nothing.
 */
export function chooseLogin(settings: LoginSettings, env: NodeJS.ProcessEnv): Login {
  const agent = chooseAgent(settings, env);
  const { identity: named, names } = settings;
  if (named !== undefined) {
    requireIdentity(named, names);
    return { identity: named, ...(settings.agent && agent !== undefined && { agent }) };
  }
  const { identityFiles = [], identitiesOnly = false } = settings.configured ?? {};
  const defaults = usual.map((name) => join(homeDirectory(env), '.ssh', name));
  const paths = identityFiles.length > 0 ? identityFiles : defaults;
  const read = paths.map((path) => ({ path, identity: readIdentity(path) }));
  const identity = read.find((one) => 'privateKey' in one.identity)?.path;
  // One that needs a passphrase can only be in the agent.
  if (identity !== undefined && identitiesOnly && !settings.agent) return { identity };
  if (identity === undefined && agent === undefined) {
    const locked = read.find((one) => 'reason' in one.identity && one.identity.reason === 'encrypted');
    const looked = identityFiles.length > 0 ? paths : usual.map((name) => `~/.ssh/${name}`);
    throw new UsageError(
      'no-identity',
      `${names.identity} is not given, no ssh-agent runs, and none of ${looked.join(', ')} can be used`,
      {
        about: names.identity,
        hint: locked
          ? `${locked.path} is encrypted, so start an agent: eval "$(ssh-agent)" && ssh-add ${locked.path}`
          : `start an agent: eval "$(ssh-agent)" && ssh-add; or set ${names.identity} in cnd.config.json`,
      },
    );
  }
  return { ...(identity !== undefined && { identity }), ...(agent !== undefined && { agent }) };
}

/** What to log in with now. A key file that is gone since, or a new ssh-agent, is found out by the login. */
export function credentials(
  { identity, agent }: Login,
  env: NodeJS.ProcessEnv,
): Pick<Access, 'privateKey' | 'agent'> {
  const read = identity === undefined ? undefined : readIdentity(identity);
  // A session of later has its own ssh-agent.
  const socket = agent === undefined || isSocket(agent) ? agent : env['SSH_AUTH_SOCK'];
  return {
    ...(read && 'privateKey' in read && { privateKey: read.privateKey }),
    ...(socket !== undefined && { agent: socket }),
  };
}

function requireIdentity(path: string, names: LoginSettings['names']): void {
  const read = readIdentity(path);
  if ('privateKey' in read) return;
  const instead = names.agent === undefined ? '' : `, or set ${names.agent} to true`;
  const hint =
    read.reason === 'encrypted'
      ? `give it to the ssh-agent: ssh-add ${path}; then remove ${names.identity}${instead}`
      : `name a private key in ${names.identity}, for example ~/.ssh/id_ed25519`;
  throw new UsageError('bad-setting', `${names.identity} is '${path}': it ${read.error}`, {
    about: names.identity,
    hint,
  });
}

function chooseAgent({ agent, names }: LoginSettings, env: NodeJS.ProcessEnv): string | undefined {
  if (agent === false) return undefined;
  const named = typeof agent === 'string';
  const path = named ? agent : env['SSH_AUTH_SOCK'];
  if (path !== undefined && path !== '' && isSocket(path)) return path;
  if (agent === undefined) return undefined;
  const what = path ? `there is no ssh-agent at ${path}` : 'SSH_AUTH_SOCK is not set, so no ssh-agent runs';
  const name = names.agent ?? 'agent';
  throw new UsageError('bad-setting', `${name} is ${named ? `'${agent}'` : 'true'}: ${what}`, {
    about: name,
    hint: 'start one: eval "$(ssh-agent)" && ssh-add',
  });
}
