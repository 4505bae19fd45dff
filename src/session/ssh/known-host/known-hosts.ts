import { isIPv6 } from 'node:net';
import { isWildcard, knownHostName, namesHost, plainNames } from './name.ts';

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
    const fields = line.replace(/^[ \t]+|[ \t\r]+$/g, '').split(/[ \t]+/);
    const marked = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [names, type, blob] = fields;
    if (!names || names.startsWith('#') || !type || !blob) return [];
    const marker =
      marked === '@revoked' ? 'revoked' : marked === '@cert-authority' ? 'cert-authority' : undefined;
    if (marked !== undefined && marker === undefined) return [];
    const inner = typeOf(blob);
    // A revocation counts however its type is spelled (OpenSSH takes `ED25519` for `ssh-ed25519`, too).
    if (inner === undefined || (inner !== type && marker !== 'revoked')) return [];
    return [{ marker, names, key: `${inner} ${blob}`, where: `${file}:${index + 1}` }];
  });
}

/**
 * What is known of a machine, as OpenSSH looks it up: by `host` on port 22, by `[host]:port` on any other; by the plain
 * name there only when no key is known by that, and then what either revokes is revoked. Pure.
 */
export function lookUpHost(entries: readonly KnownHost[], host: string, port: number): KnownKeys {
  const exact = linesOf(entries, host, port);
  if (port === sshPort || exact.some(({ marker }) => marker === undefined)) return judge(exact);
  const plain = linesOf(entries, host, sshPort);
  return judge([...new Set([...exact, ...plain])]);
}

/** Where lines are, by number: of plain names by each of them, and all others, which have to be looked at. */
interface NameIndex {
  readonly plain: ReadonlyMap<string, readonly number[]>;
  readonly others: readonly number[];
}

/** A list of a thousand machines is looked up in a file of as many lines: that must not be a million looks. */
const indexes = new WeakMap<readonly KnownHost[], NameIndex>();

/** The lines that mean a machine, in their order. */
function linesOf(entries: readonly KnownHost[], host: string, port: number): readonly KnownHost[] {
  const isMeant = ({ names }: KnownHost): boolean => namesHost(names, host, port);
  // It is written in several ways.
  if (isIPv6(host.split('%', 1)[0] ?? '')) return entries.filter(isMeant);
  const index = indexes.get(entries) ?? indexed(entries);
  indexes.set(entries, index);
  const named = index.plain.get(knownHostName(host, port)) ?? [];
  const lines = index.others.length === 0 ? named : [...named, ...index.others].toSorted((a, b) => a - b);
  return lines.flatMap((at) => entries[at] ?? []).filter(isMeant);
}

function indexed(entries: readonly KnownHost[]): NameIndex {
  const plain = new Map<string, number[]>();
  const others: number[] = [];
  for (const [at, { names }] of entries.entries()) {
    const all = plainNames(names);
    if (!all) others.push(at);
    for (const name of new Set(all)) {
      const known = plain.get(name);
      if (known) known.push(at);
      else plain.set(name, [at]);
    }
  }
  return { plain, others };
}

/** What the lines that mean one machine say together. */
function judge(lines: readonly KnownHost[]): KnownKeys {
  const of = (wanted: KnownHost['marker']) => lines.filter(({ marker }) => marker === wanted);
  const revoked = of('revoked');
  // A key that is revoked for this machine is not believed, whichever line vouches for it.
  const bad = new Set(revoked.map(({ key }) => key));
  const vouched = new Set(of(undefined).map(({ key }) => key));
  return {
    keys: [...vouched].filter((key) => !bad.has(key)),
    // `@revoked *` lists bad keys of all machines: it is news about this one only if it has such a key.
    revoked: revoked
      .filter(({ key, names }) => vouched.has(key) || !isWildcard(names))
      .map(({ where }) => where),
    authorities: of('cert-authority').map(({ where }) => where),
  };
}

/** The type that a key's blob begins with (RFC 4253, 6.6); undefined when it is no key. */
function typeOf(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const blob = Buffer.from(base64, 'base64');
  if (blob.length <= 4) return undefined;
  const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE());
  return /^[a-z0-9@.-]+$/.test(type) ? type : undefined;
}
