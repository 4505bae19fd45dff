import { createHmac } from 'node:crypto';

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHost {
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** Patterns, comma-separated, or one hashed name. */
  readonly names: string;
  /** `<type> <base64>` */
  readonly key: string;
  /** `file:line`, for messages. */
  readonly where: string;
}

/** What known_hosts files say of one machine. */
export interface KnownKeys {
  /** Host keys to believe, each as `<type> <base64>`, without the revoked ones. */
  readonly keys: readonly string[];
  /** Where keys of this machine are marked `@revoked`. */
  readonly revoked: readonly string[];
  /** Where certificate authorities vouch for it, which cnd does not understand. */
  readonly authorities: readonly string[];
}

const sshPort = 22;

/** Reads a known_hosts file; lines that make no sense are passed over, as OpenSSH does. Pure. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const fields = line.trim().split(/\s+/);
    const marked = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [names, type, blob] = fields;
    if (!names || names.startsWith('#') || !type || !blob || !isKey(type, blob)) return [];
    const marker =
      marked === '@revoked' ? 'revoked' : marked === '@cert-authority' ? 'cert-authority' : undefined;
    if (marked !== undefined && marker === undefined) return [];
    return [{ marker, names, key: `${type} ${blob}`, where: `${file}:${index + 1}` }];
  });
}

/**
 * What is known of a machine: by `host` on port 22, by `[host]:port` on any other, and there, as OpenSSH does, by the
 * plain name when nothing else is known. Pure.
 */
export function lookUpHost(entries: readonly KnownHost[], host: string, port: number): KnownKeys {
  const name = knownHostName(host, port);
  const found = lookUpName(entries, name);
  if (name === host.toLowerCase() || found.keys.length > 0 || found.revoked.length > 0) return found;
  return lookUpName(entries, host.toLowerCase());
}

/** How known_hosts names a machine. Pure. */
export function knownHostName(host: string, port: number): string {
  return port === sshPort ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

function lookUpName(entries: readonly KnownHost[], name: string): KnownKeys {
  const matching = entries.filter(({ names }) => matches(names, name));
  const revoked = matching.filter(({ marker }) => marker === 'revoked');
  // A key that is revoked for this name is not believed, whichever line vouches for it.
  const bad = new Set(revoked.map(({ key }) => key));
  const plain = matching.filter(({ marker }) => marker === undefined).map(({ key }) => key);
  return {
    keys: [...new Set(plain)].filter((key) => !bad.has(key)),
    // `@revoked *` lists bad keys of all machines: it is news about this one only if it has such a key.
    revoked: revoked
      .filter(({ key, names }) => plain.includes(key) || names === name)
      .map(({ where }) => where),
    authorities: matching.filter(({ marker }) => marker === 'cert-authority').map(({ where }) => where),
  };
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|')) return matchesHash(names, name);
  const patterns = names.split(',');
  const hit = (pattern: string): boolean => wildcard(pattern).test(name);
  if (patterns.some((pattern) => pattern.startsWith('!') && hit(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && hit(pattern));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name with the salt, both in base64 (HashKnownHosts). */
function matchesHash(names: string, name: string): boolean {
  const [, version, salt, hash] = names.split('|');
  if (version !== '1' || !salt || !hash) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** `*` and `?`, nothing else: brackets are the brackets of `[host]:port`. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i');
}

/** A key's blob begins with its own type (RFC 4253, 6.6). */
function isKey(type: string, base64: string): boolean {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return false;
  const blob = Buffer.from(base64, 'base64');
  return blob.length > 4 && blob.toString('latin1', 4, 4 + blob.readUInt32BE()) === type;
}
