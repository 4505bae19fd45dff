import { createHmac } from 'node:crypto';

/**
 * The keys that a known_hosts file has for a host, each as `<type> <base64>`: also under hashed names, and for other
 * ports than 22 under `[host]:port`. Revoked keys and those of certificate authorities are no keys of a host
 * (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Pure.
 */
export function knownKeys(text: string, host: string, port: number): string[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const entries = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
  const revoked = new Set(
    entries.filter(([marker]) => marker === '@revoked').map(([, , type, key]) => `${type} ${key}`),
  );
  return entries
    .filter(([names = '', type, key]) => !names.startsWith('@') && type && key && matches(names, name))
    .map(([, type, key]) => `${type} ${key}`)
    .filter((key) => !revoked.has(key));
}

function matches(names: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|(.+)$/.exec(names);
  if (hashed) {
    const [, salt = '', digest = ''] = hashed;
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === digest;
  }
  const patterns = names.split(',');
  const fits = (pattern: string): boolean => wildcard(pattern).test(name);
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))
  );
}

/** `*` and `?` stand for any characters and for one. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i');
}
