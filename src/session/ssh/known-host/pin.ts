import { join } from 'node:path';
import { CndError, UsageError } from '../../../error.ts';
import { fileProblem } from '../../../file-error.ts';
import { readNamedFileSync, homeDirectory } from '../../../file.ts';
import type { Address } from '../address.ts';
import { target } from '../access.ts';
import { hostKeyAlgorithms } from '../algorithm.ts';
import { knownHostName } from './name.ts';
import { type KnownHost, lookUpHost, parseKnownHosts } from './known-hosts.ts';

/** A machine that exists anyway, as the configuration names it. */
export type HostPort = Required<Omit<Address, 'written'>>;

/** Where its host key may be known from. */
export interface KnownBy {
  readonly known: readonly KnownHost[];
  /** The file that a new key would be added to, for the remedy. */
  readonly file?: string | undefined;
  /** The machine that alone can see it. */
  readonly jump?: HostPort | undefined;
  /** What known_hosts knows it by, instead of its host and port. */
  readonly alias?: string | undefined;
}

/**
 * The known_hosts files that are named, by default the user's and the system's.
 * @param about The setting that names them, for messages.
 * @param users The user's, where ~/.ssh/config names others than ~/.ssh/known_hosts.
 * @throws UsageError when one that is named cannot be read.
 */
export function readKnownHosts(
  named: readonly string[] | undefined,
  about: string,
  env: NodeJS.ProcessEnv,
  users: readonly string[] = [join(homeDirectory(env), '.ssh', 'known_hosts')],
): KnownHost[] {
  const files = named ?? [...users, '/etc/ssh/ssh_known_hosts'];
  return files.flatMap((file) => {
    try {
      return parseKnownHosts(readNamedFileSync(file), file);
    } catch (error) {
      // A usual file need not be there, and what cannot be read vouches for nobody.
      if (named === undefined) return [];
      throw new UsageError('bad-setting', `${about} is '${file}': it cannot be read: ${fileProblem(error)}`, {
        about,
        hint: 'name an existing file, or leave it out for ~/.ssh/known_hosts',
      });
    }
  });
}

/**
 * The host keys to believe of a machine, at least one of which cnd can check.
 * @param about The setting that names the machine, for messages.
 * @throws UsageError when there is none, with the command that finds it out.
 */
export function pinnedKeys(
  place: HostPort,
  about: string,
  { known, file = '~/.ssh/known_hosts', jump, alias }: KnownBy,
): string[] {
  // Of an alias OpenSSH does not look at the port.
  const { keys, revoked, authorities } = lookUpHost(known, alias ?? place.host, alias ? 22 : place.port);
  const who = `${about} is ${target(place)}`;
  if (keys.length > 0) return usableKeys(place, keys, about);
  if (revoked.length > 0) {
    throw new UsageError(
      'host-key-revoked',
      `${who}: its host key is marked @revoked in ${revoked.join(', ')}`,
      {
        about,
        hint: 'do not use this machine until you know why; a new key goes into known_hosts beside that line',
      },
    );
  }
  const but =
    authorities.length > 0 ? ` (the @cert-authority in ${authorities.join(', ')} is not understood)` : '';
  throw new UsageError('unknown-host', `${who}: its host key is not known${but}`, {
    about,
    hint: `add it with: ${scanCommand(place, jump)} >> ${file}  and verify its fingerprint (ssh-keygen -l -F ${shown(place)}) with the administrator of the machine`,
  });
}

/** Hosts behind a jump host are seen from there alone. */
function scanCommand({ host, port }: HostPort, jump: HostPort | undefined): string {
  const scan = `ssh-keyscan -p ${port} ${host}`;
  return jump ? `ssh -p ${jump.port} ${jump.user}@${jump.host} ${scan}` : scan;
}

function shown({ host, port }: HostPort): string {
  const name = knownHostName(host, port);
  return name.startsWith('[') ? `'${name}'` : name;
}

/** The same keys, if at least one is of a kind that cnd can check. @throws UsageError when none is. */
export function usableKeys(place: HostPort, hostKeys: readonly string[], about: string): string[] {
  try {
    hostKeyAlgorithms({ ...place, hostKeys });
    return [...hostKeys];
  } catch (error) {
    if (!(error instanceof CndError)) throw error;
    throw new UsageError('unknown-host', `${about} is ${target(place)}: ${error.message}`, {
      about,
      ...(error.hint && { hint: error.hint }),
    });
  }
}
