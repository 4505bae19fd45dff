import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { UsageError } from '../../../error.ts';
import { type Address, validateAddress, parseAddress } from '../address.ts';
import type { ConfigEntry } from './file.ts';
import { type HostOptions, lookUpOptions } from './lookup.ts';
import { localUser } from './local-user.ts';

/** A machine that exists anyway, with all that ~/.ssh/config says of it. Paths are absolute. */
export interface Machine extends Required<Omit<Address, 'written'>> {
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** What known_hosts knows it by, instead of host and port. */
  readonly hostKeyAlias?: string;
  /** Instead of ~/.ssh/known_hosts. */
  readonly knownHosts?: readonly string[];
  /** The machines to go through, in the order in which they are gone through. */
  readonly jumps: readonly Address[];
}

const about = 'ssh-config';

/**
 * What an address means: its own user and port come before those of the configuration. Pure.
 * @param entries Of ~/.ssh/config; undefined when there is none, or it is not to be read.
 * @throws UsageError for what the configuration says and cnd cannot do.
 */
export function machineOf(
  address: Address,
  entries: readonly ConfigEntry[] | undefined,
  env: NodeJS.ProcessEnv,
  home: string,
): Machine {
  const { host, written = host, user, port } = address;
  const options = lookUpOptions(entries ?? [], { host: written, user });
  const { hostName = host } = options;
  const place = validateAddress({
    host: hostName,
    user: user ?? options.user ?? localUser().username,
    port: port ?? options.port ?? 22,
  });
  if ('error' in place) {
    const shown = [options.user, options.hostName, options.port]
      .filter((part) => part !== undefined)
      .join(', ');
    const at = ['hostname', 'user', 'port'].flatMap((keyword) => options.where.get(keyword) ?? []).join(', ');
    throw bad(`${at}: ${written} is ${shown}, which ${place.error}`);
  }
  const known = { host: place.host, user: place.user ?? '', port: place.port ?? 22 };
  const expanded = (keyword: string, path: string): string =>
    expandPath(
      path,
      { ...known, written, alias: options.hostKeyAlias },
      env,
      home,
      options.where.get(keyword),
    );
  const files = options.userKnownHostsFiles;
  return {
    ...known,
    identityFiles: options.identityFiles
      .filter((path) => path.toLowerCase() !== 'none')
      .map((path) => expanded('identityfile', path)),
    identitiesOnly: options.identitiesOnly,
    ...(options.hostKeyAlias !== undefined && { hostKeyAlias: options.hostKeyAlias }),
    ...(files && {
      knownHosts: files
        .filter((path) => path.toLowerCase() !== 'none')
        .map((path) => expanded('userknownhostsfile', path)),
    }),
    jumps: jumpsOf(options),
  };
}

/** `[user@]host[:port]` or `ssh://…`, with commas between them. */
function jumpsOf({ proxyJump, where }: HostOptions): Address[] {
  return (proxyJump?.split(',') ?? []).map((text) => {
    const address = parseAddress(text.trim().replace(/^ssh:\/\/(.*?)\/?$/, '$1'));
    if ('error' in address) throw bad(`${where.get('proxy')}: ProxyJump '${text}' ${address.error}`);
    return address;
  });
}

/** The tokens and variables of ssh_config(5), and `~`. */
function expandPath(
  path: string,
  machine: { host: string; user: string; port: number; written: string; alias: string | undefined },
  env: NodeJS.ProcessEnv,
  home: string,
  where: string | undefined,
): string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: home,
    h: machine.host,
    i: String(process.getuid?.() ?? ''),
    k: machine.alias ?? machine.written,
    L: hostname().split('.', 1)[0] ?? '',
    l: hostname(),
    n: machine.written,
    p: String(machine.port),
    r: machine.user,
  };
  const absolute = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
  const whole = absolute.replace(/%(.?)|\$\{([^}]*)\}/g, (_, token: string | undefined, name = '') => {
    const value = token === undefined ? env[name] : token === 'u' ? localUser().username : tokens[token];
    if (value !== undefined) return value;
    throw bad(
      `${where}: ${token === undefined ? `\${${name}} is not set` : `%${token} is not understood`} in '${path}'`,
    );
  });
  return isAbsolute(whole) ? whole : join(process.cwd(), whole);
}

function bad(message: string): UsageError {
  return new UsageError(about, message, {
    about,
    hint: 'fix it, or skip the file with --no-ssh-config',
  });
}
