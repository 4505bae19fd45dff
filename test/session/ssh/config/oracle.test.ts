import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../src/session/ssh/address.ts';
import { readClientConfig } from '../../../../src/session/ssh/config/file.ts';
import { lookUpOptions } from '../../../../src/session/ssh/config/lookup.ts';
import { machineOf } from '../../../../src/session/ssh/config/machine.ts';

const hasSsh = spawnSync('ssh', ['-V']).status === 0;
if (!hasSsh && process.env['CI'] !== undefined)
  throw new Error('ssh is missing (Debian package openssh-client)');

const names = ['lab', 'lab1', 'lab1.example', 'Lab', 'gate', '10.0.0.1'] as const;
const pattern = fc.constantFrom(
  ...names,
  '*',
  'lab*',
  'lab?',
  '*.example',
  '!lab1',
  '!*.example',
  '!gate',
  'l*b*',
);
const patterns = fc.array(pattern, { minLength: 1, maxLength: 3 });
/** A value as a person may write it: quoted, or not. */
const written = (value: fc.Arbitrary<string>) =>
  fc.tuple(value, fc.constantFrom('', '"')).map(([text, quote]) => `${quote}${text}${quote}`);
const option = fc
  .oneof(
    fc.tuple(
      fc.constant('HostName'),
      written(fc.constantFrom('a.example', '%h.example', '10.0.0.2', 'lab1.example')),
    ),
    fc.tuple(fc.constant('User'), written(fc.constantFrom('me', 'root', 'a@b'))),
    fc.tuple(fc.constant('Port'), fc.constantFrom('22', '2222', '2200')),
    fc
      .tuple(
        fc.constant('IdentityFile'),
        written(fc.constantFrom('~/.ssh/a', '/keys/b', '/keys/%h', '/keys/with space')),
      )
      .map(([keyword, value]): [string, string] => [
        keyword,
        value.includes(' ') ? `"${value.replaceAll('"', '')}"` : value,
      ]),
    fc.tuple(fc.constant('IdentitiesOnly'), fc.constantFrom('yes', 'no')),
    fc.tuple(
      fc.constant('ProxyJump'),
      fc.constantFrom('gate', 'me@gate:2222', 'none', 'a,b', 'ssh://me@gate:22'),
    ),
    fc.tuple(fc.constant('HostKeyAlias'), fc.constantFrom('alias', 'other')),
    fc.tuple(fc.constant('UserKnownHostsFile'), fc.constantFrom('/known/a /known/b', '/known/c')),
    fc.tuple(fc.constant('StrictHostKeyChecking'), fc.constantFrom('no', 'yes')),
    fc.tuple(fc.constant('SendEnv'), fc.constant('LANG LC_*')),
  )
  .chain(([keyword, value]) =>
    fc
      .tuple(
        fc.constantFrom(' ', '=', ' = ', '\t'),
        fc.constantFrom(keyword, keyword.toLowerCase(), keyword.toUpperCase()),
        fc.constantFrom('', '  ', '\t'),
        fc.constantFrom('', ' # why', '  '),
      )
      .map(([between, spelled, before, after]) => `${before}${spelled}${between}${value}${after}`),
  );
const criterion = fc.oneof(
  fc
    .tuple(fc.constantFrom('host', 'originalhost'), patterns)
    .map(([word, list]) => `${word} ${list.join(',')}`),
  fc
    .tuple(fc.constantFrom('user', 'localuser'), fc.constantFrom('me', 'root', '*', '!root,*'))
    .map((parts) => parts.join(' ')),
  fc.constantFrom('final', 'canonical'),
);
const section = fc.oneof(
  { weight: 3, arbitrary: patterns.map((list) => `Host ${list.join(' ')}`) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom('', '', '!'), criterion), { minLength: 1, maxLength: 3 })
      .map((parts) => `Match ${parts.map(([not, text]) => not + text).join(' ')}`),
  },
  fc.constant('Match all'),
);
const line = fc.oneof(
  { weight: 5, arbitrary: option },
  { weight: 2, arbitrary: section },
  fc.constantFrom('', '# no'),
);
const text = (most: number) => fc.array(line, { maxLength: most }).map((lines) => `${lines.join('\n')}\n`);
const include = fc.constantFrom(
  'Include one',
  'Include two.d/*.conf',
  'Include "one" none',
  'Include two.d/[ab].conf',
);
const configuration = fc.record({
  main: fc
    .array(fc.oneof({ weight: 6, arbitrary: line }, include), { maxLength: 12 })
    .map((lines) => `${lines.join('\n')}\n`),
  one: text(5),
  a: text(4),
  b: text(4),
});

describe.runIf(hasSsh)('what ~/.ssh/config says', () => {
  let home: string;
  let ssh: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'cnd-ssh-config-'));
    ssh = join(home, '.ssh');
    mkdirSync(join(ssh, 'two.d'), { recursive: true, mode: 0o700 });
  });
  afterAll(() => rmSync(home, { recursive: true }));

  /** ssh itself, which takes relative includes from the home of the user database: so they are written out for it. */
  const asked = (config: string, destination: string): Map<string, string[]> | undefined => {
    const file = join(home, 'for-ssh');
    writeFileSync(file, config, { mode: 0o600 });
    const { status, stdout } = spawnSync('ssh', ['-G', '-F', file, '--', destination], { encoding: 'utf8' });
    if (status !== 0) return undefined;
    const found = new Map<string, string[]>();
    for (const one of stdout.trimEnd().split('\n')) {
      const [keyword = '', ...value] = one.split(' ');
      found.set(keyword, [...(found.get(keyword) ?? []), value.join(' ')]);
    }
    return found;
  };

  it('is what ssh -G says, whatever the file', { timeout: 120_000 }, () => {
    let compared = 0;
    fc.assert(
      fc.property(
        configuration,
        fc.constantFrom(...names, 'me@lab', 'a@b@lab1.example'),
        (files, destination) => {
          const absolute = (config: string) =>
            config.replaceAll(
              /^Include "?(\S+?)"?( none)?$/gm,
              (_, path: string) => `Include ${join(ssh, path)}`,
            );
          writeFileSync(join(ssh, 'config'), files.main, { mode: 0o600 });
          writeFileSync(join(ssh, 'one'), files.one, { mode: 0o600 });
          writeFileSync(join(ssh, 'two.d', 'a.conf'), files.a, { mode: 0o600 });
          writeFileSync(join(ssh, 'two.d', 'b.conf'), files.b, { mode: 0o600 });
          const theirs = asked(absolute(files.main), destination);
          // A file that ssh does not take says nothing.
          fc.pre(theirs !== undefined);
          compared += 1;
          const address = parseAddress(destination);
          if ('error' in address) throw new Error(address.error);
          const entries = readClientConfig(home);
          const machine = machineOf(address, entries, process.env, homedir());
          const options = lookUpOptions(entries ?? [], {
            host: address.written ?? address.host,
            user: address.user,
          });
          const [jump] = theirs.get('proxyjump') ?? [];
          expect({
            hostname: machine.host,
            user: machine.user,
            port: `${machine.port}`,
            identities: options.identityFiles,
            only: options.identitiesOnly,
            alias: machine.hostKeyAlias,
            known: options.userKnownHostsFiles?.join(' '),
            jumps: machine.jumps.map(({ user, host, port }) => ({ user, host, port: port ?? 22 })),
          }).toEqual({
            hostname: theirs.get('hostname')?.[0]?.toLowerCase(),
            user: theirs.get('user')?.[0],
            port: theirs.get('port')?.[0],
            // Without any, ssh says which it would try by itself.
            identities: options.identityFiles.length === 0 ? [] : theirs.get('identityfile'),
            only: theirs.get('identitiesonly')?.[0] === 'yes',
            alias: theirs.get('hostkeyalias')?.[0],
            known: options.userKnownHostsFiles ? theirs.get('userknownhostsfile')?.[0] : undefined,
            jumps: (jump === undefined || jump === 'none' ? [] : jump.split(',')).map((one) => {
              const {
                user,
                host,
                port = 22,
              } = parseAddress(one.replace('ssh://', '')) as ReturnType<typeof Object>;
              return { user, host, port };
            }),
          });
          if (options.identityFiles.length === 0) expect(theirs.get('identityfile')?.[0]).toMatch(/id_rsa/);
        },
      ),
      { numRuns: 80, seed: 20261129 },
    );
    expect(compared).toBeGreaterThan(30);
  });

  it('is never run, whatever it asks for', () => {
    const mark = join(home, 'ran');
    writeFileSync(
      join(ssh, 'config'),
      `Match host other exec "touch ${mark}"\n  User x\nHost lab\n  CanonicalizeHostName yes\n  CanonicalDomains example\n  LocalCommand touch ${mark}\n  PermitLocalCommand yes\nHost bad\n  ProxyCommand touch ${mark}\n`,
      { mode: 0o600 },
    );
    const entries = readClientConfig(home);
    expect(machineOf({ host: 'lab' }, entries, {}, home)).toMatchObject({ host: 'lab' });
    for (const host of ['bad', 'other'])
      expect(() => machineOf({ host }, entries, {}, home)).toThrow(/applies to/);
    expect(existsSync(mark)).toBe(false);
  });
});
