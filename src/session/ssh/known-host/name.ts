import { createHmac } from 'node:crypto';
import { SocketAddress, isIPv6 } from 'node:net';
import { matchesPattern } from '../config/pattern.ts';

const sshPort = 22;

/** How known_hosts names a machine: `host` on port 22, else `[host]:port`. Pure. */
export function knownHostName(host: string, port: number): string {
  return port === sshPort ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/**
 * Whether the names of a known_hosts line mean this machine: a list of patterns, of which none may exclude it, or one
 * hashed name. Pure.
 *
 * @param port 22 for a look-up by the plain name.
 */
export function namesHost(names: string, host: string, port: number): boolean {
  const spelled = spellings(host).map((spelling) => knownHostName(spelling, port));
  if (names.startsWith('|')) return spelled.some((name) => matchesHash(names, name));
  const patterns = names.split(',');
  const hit = (pattern: string): boolean => {
    // Brackets are the brackets of `[host]:port`.
    const canonical = canonicalPattern(pattern).toLowerCase();
    return spelled.some((name) => matchesPattern(name, canonical));
  };
  if (patterns.some((pattern) => pattern.startsWith('!') && hit(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && hit(pattern));
}

/** The names of a known_hosts line, in lower case, where all of them are plain: no pattern, nothing excluded, not hashed. Pure. */
export function plainNames(names: string): readonly string[] | undefined {
  return /[*?!|]/.test(names) ? undefined : names.toLowerCase().split(',');
}

/** Whether a line is about many machines at once, so that it says nothing about any particular one. Pure. */
export function isWildcard(names: string): boolean {
  return !names.startsWith('|') && /[*?]/.test(names);
}

/**
 * The name itself; of an IPv6 address, the ways in which it is written: shortest (RFC 5952, as OpenSSH writes it), without
 * leading zeros, in full.
 */
function spellings(host: string): string[] {
  const name = host.toLowerCase();
  const [address = '', zone] = name.split('%', 2);
  if (!isIPv6(address)) return [name];
  const suffix = zone === undefined ? '' : `%${zone}`;
  const short = canonicalAddress(address);
  const groups = groupsOf(short);
  const full = groups.map((group) => group.padStart(4, '0'));
  return [...new Set([name, ...[short, groups.join(':'), full.join(':')].map((form) => `${form}${suffix}`)])];
}

function canonicalAddress(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

/** The eight groups of a shortened address. */
function groupsOf(address: string): string[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::', 2);
  const [before, after] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  if (!before || !after) return [];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
}

/** An IPv6 address without wildcards in its shortest form, whether with a port or not; anything else as it is. */
function canonicalPattern(pattern: string): string {
  const [, bracketed, port] = /^\[([^\]]+)\](:\d+)$/.exec(pattern) ?? [];
  const [address = '', zone] = (bracketed ?? pattern).toLowerCase().split('%', 2);
  if (!isIPv6(address)) return pattern;
  const name = `${canonicalAddress(address)}${zone === undefined ? '' : `%${zone}`}`;
  return bracketed === undefined ? name : `[${name}]${port ?? ''}`;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name with the salt, both in base64 (HashKnownHosts). */
function matchesHash(names: string, name: string): boolean {
  const [, version, salt, hash] = names.split('|');
  if (version !== '1' || !salt || !hash) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}
