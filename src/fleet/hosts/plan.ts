import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { CndError, UsageError } from '../../error.ts';
import type { Address } from '../../ssh/address.ts';
import { target } from '../../ssh/failure.ts';
import { hostKeyAlgorithms } from '../../ssh/handshake.ts';
import { type KnownHost, knownHostName, lookUpHost, parseKnownHosts } from '../../ssh/known-hosts.ts';
import type { HostSetting, HostsConfig } from './config.ts';
import type { Host } from './host.ts';
import { chooseLogin } from './login.ts';

/**
 * Judges the list before anything is contacted: who is who, what to log in with, and which host keys are known.
 * @throws UsageError naming the field, its value and the remedy.
 */
export function planHosts(config: HostsConfig, env: NodeJS.ProcessEnv): Host[] {
  if (config.list.length === 0) {
    throw new UsageError('missing-setting', 'hosts.list is empty: the fleet hosts needs machines', {
      about: 'hosts.list',
      hint: 'for example --hosts user@a,user@b:2222',
    });
  }
  const known = readKnownHosts(config.knownHosts, env);
  const hosts = config.list.map((setting, index) => {
    const about = `hosts.list.${index}`;
    const via = setting.jump ?? config.jump;
    const jump = via && plan(via, setting.jump ? `${about}.jump` : 'hosts.jump', config, known, env);
    const host = plan(setting, about, config, known, env, jump);
    return jump ? { ...host, jump } : host;
  });
  refuseDuplicates(hosts);
  return hosts;
}

function plan(
  setting: Omit<HostSetting, 'jump'>,
  about: string,
  config: HostsConfig,
  known: readonly KnownHost[],
  env: NodeJS.ProcessEnv,
  jump?: Host,
): Host {
  const { host, port = 22, user = userInfo().username, identity } = setting;
  const hostKeys = keysOf({ user, host, port }, about, known, config.knownHosts?.[0], jump);
  return { user, host, port, hostKeys, ...chooseLogin(identity, about, config, env) };
}

function keysOf(
  place: Required<Address>,
  about: string,
  known: readonly KnownHost[],
  file: string = '~/.ssh/known_hosts',
  jump?: Host,
): string[] {
  const { keys, revoked, authorities } = lookUpHost(known, place.host, place.port);
  const who = `${about} is ${target(place)}`;
  if (keys.length > 0) {
    requireUsable(place, keys, who, about);
    return [...keys];
  }
  if (revoked.length > 0) {
    throw new UsageError(
      'host-key-revoked',
      `${who}: its host key is marked @revoked in ${revoked.join(', ')}`,
      {
        about,
        hint: 'do not use this machine before you know why; a new key goes into known_hosts beside that line',
      },
    );
  }
  const but =
    authorities.length > 0 ? ` (the @cert-authority in ${authorities.join(', ')} is not understood)` : '';
  throw new UsageError('unknown-host', `${who}: its host key is not known${but}`, {
    about,
    hint: `add it with: ${scanCommand(place, jump)} >> ${file}  and verify its fingerprint (ssh-keygen -l -F ${shown(place)}) with whoever runs the machine`,
  });
}

/** Hosts behind a jump host are seen from there alone. */
function scanCommand({ host, port }: Required<Address>, jump: Host | undefined): string {
  const scan = `ssh-keyscan -p ${port} ${host}`;
  return jump ? `ssh -p ${jump.port} ${jump.user}@${jump.host} ${scan}` : scan;
}

function shown({ host, port }: Required<Address>): string {
  const name = knownHostName(host, port);
  return name.startsWith('[') ? `'${name}'` : name;
}

function requireUsable(
  place: Required<Address>,
  hostKeys: readonly string[],
  who: string,
  about: string,
): void {
  try {
    hostKeyAlgorithms({ ...place, hostKeys });
  } catch (error) {
    if (!(error instanceof CndError)) throw error;
    throw new UsageError('unknown-host', `${who}: ${error.message}`, {
      about,
      ...(error.hint && { hint: error.hint }),
    });
  }
}

function refuseDuplicates(hosts: readonly Host[]): void {
  const seen = new Map<string, number>();
  for (const [index, host] of hosts.entries()) {
    const name = target(host);
    const first = seen.get(name);
    if (first !== undefined) {
      throw new UsageError('bad-setting', `hosts.list.${index} is ${name}, and so is hosts.list.${first}`, {
        about: 'hosts.list',
        hint: 'name each machine once',
      });
    }
    seen.set(name, index);
  }
}

function readKnownHosts(named: readonly string[] | undefined, env: NodeJS.ProcessEnv): KnownHost[] {
  const home = env['HOME'] ?? homedir();
  const files = named ?? [join(home, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'];
  return files.flatMap((file) => {
    try {
      return parseKnownHosts(readFileSync(file, 'utf8'), file);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      // A usual file need not be there, and what cannot be read vouches for nobody.
      if (named === undefined) return [];
      throw new UsageError('bad-setting', `hosts.knownHosts is '${file}': it cannot be read (${code})`, {
        about: 'hosts.knownHosts',
        hint: 'name an existing file, or leave it out for ~/.ssh/known_hosts',
      });
    }
  });
}
