import { UsageError } from '../../../error.ts';
import type { ConfigEntry } from './file.ts';
import type { ConfigLine } from './line.ts';
import { matchesList, matchesPattern } from './pattern.ts';
import { localUser } from './local-user.ts';

/** What ~/.ssh/config says of one machine: of each keyword the first that applies, as written. */
export interface HostOptions {
  readonly hostName?: string;
  readonly user?: string;
  readonly port?: string;
  /** All that apply, in order; `none` among them. */
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** The machines to go through, with commas; undefined also for `none`. */
  readonly proxyJump?: string;
  readonly hostKeyAlias?: string;
  readonly userKnownHostsFiles?: readonly string[];
  /** Where each keyword, in lower case, was said, for messages. */
  readonly where: ReadonlyMap<string, string>;
}

/** What is known of a machine before the configuration is asked. */
export interface Asked {
  /** As the user writes it: patterns look at this. */
  readonly host: string;
  readonly user?: string | undefined;
}

/** What cnd cannot do, and will not do as if it were not there. */
const refused = new Map([
  ['proxycommand', 'cnd runs no commands to connect: use ProxyJump'],
  ['knownhostscommand', 'cnd runs no commands to learn host keys: put them into known_hosts'],
  ['certificatefile', 'cnd does not log in with certificates: use a key that is in authorized_keys'],
  ['match exec', 'cnd runs no commands to read the configuration: use Match host or Host'],
]);

const about = 'ssh-config';

/**
 * Looks a machine up as ssh does (readconf.c): in the order of lines, the first value of each keyword counts. Pure.
 * @throws UsageError for what applies to this machine and cnd cannot do.
 */
export function lookUpOptions(entries: readonly ConfigEntry[], asked: Asked): HostOptions {
  const pass = new Pass(asked);
  pass.read(entries, true);
  if (pass.wantsFinal) {
    pass.beFinal();
    pass.read(entries, true);
  }
  return pass.options();
}

class Pass {
  wantsFinal = false;
  readonly #asked: Asked;
  readonly #values = new Map<string, ConfigLine>();
  readonly #identities: string[] = [];
  #host: string;
  #isFinal = false;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#host = asked.host;
  }

  /** Once more, with the name that was found for the machine: for `Match final`. */
  beFinal(): void {
    this.#host = this.#hostName().toLowerCase();
    this.#isFinal = true;
    // From now on it is settled, as in ssh.
    const where = this.#values.get('hostname')?.where ?? '';
    const values = [this.#host.replaceAll('%', '%%')];
    this.#values.set('hostname', { keyword: 'hostname', values, where });
  }

  /** @param isReached Whether what includes these lines applies: if not, no Host or Match of theirs does either. */
  read(entries: readonly ConfigEntry[], isReached: boolean): void {
    let isActive = isReached;
    for (const entry of entries) {
      if ('include' in entry) {
        for (const file of entry.include) this.read(file, isActive);
      } else if (entry.keyword === 'host') {
        isActive = isReached && this.#isHost(entry.values);
      } else if (entry.keyword === 'match') {
        isActive = isReached && this.#matches(entry);
      } else if (isActive) {
        this.#take(entry);
      }
    }
  }

  options(): HostOptions {
    const value = (keyword: string) => this.#values.get(keyword)?.values[0];
    const proxy = this.#values.get('proxy');
    for (const line of [proxy, this.#values.get('knownhostscommand'), this.#values.get('certificatefile')]) {
      if (line && line.values[0]?.toLowerCase() !== 'none') this.#refuse(line, line.keyword);
    }
    const jump = proxy?.values[0];
    const hasJump = jump !== undefined && jump.toLowerCase() !== 'none';
    const [hostName, user, port, alias] = ['hostname', 'user', 'port', 'hostkeyalias'].map(value);
    const files = this.#values.get('userknownhostsfile')?.values;
    return {
      ...(hostName !== undefined && { hostName: this.#hostName() }),
      ...(user !== undefined && { user }),
      ...(port !== undefined && { port }),
      identityFiles: this.#identities,
      identitiesOnly: /^(yes|true)$/i.test(value('identitiesonly') ?? ''),
      ...(hasJump && { proxyJump: jump }),
      ...(alias !== undefined && { hostKeyAlias: alias }),
      ...(files && { userKnownHostsFiles: files }),
      where: new Map([...this.#values].map(([keyword, { where }]) => [keyword, where])),
    };
  }

  #take(line: ConfigLine): void {
    const { keyword, values } = line;
    if (keyword === 'identityfile') {
      const [path = ''] = values;
      if (!this.#identities.includes(path)) this.#identities.push(path);
    }
    // Whichever comes first keeps the other from counting.
    const slot = keyword === 'proxyjump' || keyword === 'proxycommand' ? 'proxy' : keyword;
    if (!this.#values.has(slot)) this.#values.set(slot, line);
  }

  #isHost(patterns: readonly string[]): boolean {
    const hit = (pattern: string): boolean => matchesPattern(this.#host, pattern);
    if (patterns.some((pattern) => pattern.startsWith('!') && hit(pattern.slice(1)))) return false;
    return patterns.some((pattern) => !pattern.startsWith('!') && hit(pattern));
  }

  #matches(line: ConfigLine): boolean {
    // `Match host=a` is the same as `Match host a`.
    const words = line.values.flatMap((value, index) => {
      const [, criterion, rest] = /^(!?[a-z]+)=(.*)$/i.exec(value) ?? [];
      return index % 2 === 0 && criterion !== undefined ? [criterion, rest ?? ''] : [value];
    });
    let result = true;
    for (let at = 0; at < words.length; at += 1) {
      const word = words[at] ?? '';
      const isNegated = word.startsWith('!');
      const criterion = word.slice(isNegated ? 1 : 0).toLowerCase();
      if (criterion === 'all') continue;
      const isAlone = criterion === 'canonical' || criterion === 'final';
      if (criterion === 'final') this.wantsFinal = true;
      // What has failed already is not looked at any further, and so runs no command in ssh either.
      if (criterion === 'exec' && result) this.#refuse(line, 'match exec');
      const value = isAlone ? '' : (words[(at += 1)] ?? '');
      if (this.#holds(line, criterion, value) === isNegated) result = false;
    }
    return result;
  }

  #holds(line: ConfigLine, criterion: string, value: string): boolean {
    switch (criterion) {
      case 'canonical':
      case 'final':
        return this.#isFinal;
      case 'exec':
        return false;
      case 'host':
        return matchesList(this.#hostName().toLowerCase(), value.toLowerCase());
      case 'originalhost':
        return matchesList(this.#asked.host.toLowerCase(), value.toLowerCase());
      case 'user':
        return matchesList(
          this.#asked.user ?? this.#values.get('user')?.values[0] ?? localUser().username,
          value,
        );
      case 'localuser':
        return matchesList(localUser().username, value);
      default:
        throw new UsageError(about, `${line.where}: Match ${criterion} is not understood`, {
          about,
          hint: 'use Match host, originalhost, user or localuser; or leave the file out with --no-ssh-config',
        });
    }
  }

  #hostName(): string {
    const name = this.#values.get('hostname')?.values[0];
    if (name === undefined) return this.#host;
    return name.replace(/%([%h])/g, (_, token) => (token === '%' ? '%' : this.#asked.host));
  }

  #refuse(line: ConfigLine, what: string): void {
    const hint = refused.get(what);
    if (hint === undefined) return;
    const name = what === 'match exec' ? 'Match exec' : properNames.get(what);
    throw new UsageError(about, `${line.where}: ${name} applies to ${this.#asked.host}`, {
      about,
      hint: `${hint}; or leave the file out with --no-ssh-config`,
    });
  }
}

const properNames = new Map([
  ['proxycommand', 'ProxyCommand'],
  ['knownhostscommand', 'KnownHostsCommand'],
  ['certificatefile', 'CertificateFile'],
]);
