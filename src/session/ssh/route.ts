import { UsageError } from '../../error.ts';
import type { Access } from './access.ts';
import type { Address } from './address.ts';
import type { ConfigEntry } from './config/file.ts';
import { type Machine, machineOf } from './config/machine.ts';
import { type Login, type LoginSettings, chooseLogin, credentials } from './login.ts';
import type { KnownHost } from './known-host/known-hosts.ts';
import { type HostPort, pinnedKeys, readKnownHosts, usableKeys } from './known-host/pin.ts';
import { homeDirectory } from '../../file.ts';

/** All it takes to reach a machine that exists anyway, now and again later. No secrets. */
export interface Route extends HostPort, Login {
  /** The keys to believe, each as `<type> <base64>`. */
  readonly hostKeys: string[];
  readonly jump?: Route | undefined;
}

/** A machine as cnd's own settings name it, which come before ~/.ssh/config. */
export interface Destination extends Address {
  /** The setting that names it, for messages. */
  readonly about: string;
  /** What to log in with, and what those settings are called. */
  readonly login: LoginSettings;
  /** Its key, where a setting gives it. */
  readonly hostKey?: string | undefined;
  readonly jump?: Destination | undefined;
}

/** What all machines of a fleet have in common. */
export interface RouteSettings {
  /** Of ~/.ssh/config; undefined when it is not there or not to be read. */
  readonly config: readonly ConfigEntry[] | undefined;
  /** Files of host keys that a setting names, and that setting; and what was read of files already, by their names. */
  readonly knownHosts: {
    readonly files: readonly string[] | undefined;
    readonly about: string;
    readonly read: Map<string, readonly KnownHost[]>;
  };
  readonly env: NodeJS.ProcessEnv;
}

/** Machines that may be gone through, one after the other. */
const mostJumps = 8;

/**
 * Judges how a machine is reached, before anything is contacted.
 * @throws UsageError naming what is wrong, and the remedy.
 */
export function planRoute(destination: Destination, settings: RouteSettings, depth = 0): Route {
  const { about, hostKey, login } = destination;
  const { config, env, knownHosts } = settings;
  if (depth > mostJumps) {
    throw new UsageError('bad-setting', `${about}: more than ${mostJumps} machines are to be gone through`, {
      about,
      hint: 'look at ProxyJump in ~/.ssh/config',
    });
  }
  const machine = machineOf(destination, config, env, homeDirectory(env));
  const { host, port, user, identityFiles, identitiesOnly, hostKeyAlias } = machine;
  const place: HostPort = { host, port, user };
  const via = destination.jump ?? throughOf(machine, destination);
  const jump = via && planRoute(via, settings, depth + 1);
  const known = (): readonly KnownHost[] => {
    const { files, about: setting, read } = knownHosts;
    const names = JSON.stringify(files ?? machine.knownHosts ?? []);
    const lines = read.get(names) ?? readKnownHosts(files, setting, env, machine.knownHosts);
    read.set(names, lines);
    return lines;
  };
  const file = knownHosts.files?.[0] ?? machine.knownHosts?.[0];
  const hostKeys = hostKey
    ? usableKeys(place, [hostKey.split(' ').slice(0, 2).join(' ')], about)
    : pinnedKeys(place, about, { known: known(), file, jump, alias: hostKeyAlias });
  const chosen = chooseLogin({ ...login, configured: { identityFiles, identitiesOnly } }, env);
  return { ...place, hostKeys, ...chosen, ...(jump && { jump }) };
}

/** How to reach it now. */
export function accessOf(route: Route, env: NodeJS.ProcessEnv): Access {
  const { user, host, port, hostKeys, jump, ...login } = route;
  return {
    host,
    port,
    user,
    hostKeys,
    ...credentials(login, env),
    ...(jump && { jump: accessOf(jump, env) }),
  };
}

/** The way that ~/.ssh/config says, the last machine first; a machine is not gone through to itself (`Host *`). */
function throughOf({ jumps, ...machine }: Machine, { login }: Destination): Destination | undefined {
  const others = jumps.filter(({ host, port = 22 }) => host !== machine.host || port !== machine.port);
  return others.reduce<Destination | undefined>((jump, address) => {
    const about = `ProxyJump ${address.host}`;
    return { ...address, about, login, ...(jump && { jump }) };
  }, undefined);
}
