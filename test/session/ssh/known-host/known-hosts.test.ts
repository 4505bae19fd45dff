import { execFileSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKeyPair } from '../../../../src/session/ssh/key.ts';
import { knownHostName } from '../../../../src/session/ssh/known-host/name.ts';
import { lookUpHost, parseKnownHosts } from '../../../../src/session/ssh/known-host/known-hosts.ts';

const [one, two, three] = [generateKeyPair(), generateKeyPair(), generateKeyPair()].map(
  ({ publicKey }) => publicKey,
);
if (!one || !two || !three) throw new Error('no keys');

const look = (text: string, host: string, port = 22) => lookUpHost(parseKnownHosts(text, 'kh'), host, port);
const keys = (text: string, host: string, port = 22) => look(text, host, port).keys;

/** As HashKnownHosts writes a name. */
function hashed(name: string): string {
  const salt = createHash('sha1').update(name).digest();
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

describe('plain names', () => {
  it('are found by name, alias and address, whatever their case', () => {
    const text = `# a comment\n\nalpha,alpha.example,10.0.0.1 ${one} a comment of its own\nbeta ${two}\n`;
    for (const name of ['alpha', 'ALPHA.example', '10.0.0.1']) expect(keys(text, name)).toEqual([one]);
    expect(keys(text, 'beta')).toEqual([two]);
    expect(keys(text, 'gamma')).toEqual([]);
    expect(keys(text, 'alph')).toEqual([]);
  });

  it('give every key of every type, each once', () => {
    expect(keys(`a ${one}\na ${two}\na,b ${one}\n`, 'a')).toEqual([one, two]);
  });

  it('pass over what makes no sense', () => {
    const text = `a\na ssh-ed25519\na ssh-ed25519 !!!!\na ssh-rsa ${one.split(' ')[1]}\n@odd a ${one}\n\u0000\na ${two}`;
    expect(keys(text, 'a')).toEqual([two]);
  });
});

describe('ports', () => {
  it('other than 22 are part of the name', () => {
    const text = `a ${one}\n[a]:2222 ${two}\n[::1]:2222 ${three}\n`;
    expect(keys(text, 'a')).toEqual([one]);
    expect(keys(text, 'a', 2222)).toEqual([two]);
    expect(keys(text, '::1', 2222)).toEqual([three]);
    expect(keys(text, '::1')).toEqual([]);
  });

  it('fall back to the plain name, as in OpenSSH', () => {
    expect(keys(`a ${one}\n`, 'a', 2222)).toEqual([one]);
    expect(keys(`[a]:2222 ${one}\n`, 'a', 22)).toEqual([]);
  });
});

describe('IPv6 addresses', () => {
  const spellings = ['2001:db8::7', '2001:DB8:0:0:0:0:0:7', '2001:0db8:0000:0000:0000:0000:0000:0007'];
  const cases = spellings.flatMap((written) => spellings.map((asked) => [written, asked] as const));
  it.each(cases)('%s is found as %s, plain, hashed and with a port', (written, asked) => {
    expect(keys(`${written} ${one}\n`, asked)).toEqual([one]);
    expect(keys(`${hashed(written.toLowerCase())} ${one}\n`, asked)).toEqual([one]);
    expect(keys(`[${written}]:2222 ${one}\n`, asked, 2222)).toEqual([one]);
    expect(keys(`${hashed(`[${written.toLowerCase()}]:2222`)} ${one}\n`, asked, 2222)).toEqual([one]);
    expect(keys(`${asked} ${one}\n@revoked ${written} ${one}\n`, asked)).toEqual([]);
  });

  it('keep their zone, and those with an IPv4 end are the same', () => {
    expect(keys(`fe80::1%eth0 ${one}\n`, 'fe80:0::1%eth0')).toEqual([one]);
    expect(keys(`fe80::1%eth1 ${one}\n`, 'fe80::1%eth0')).toEqual([]);
    expect(keys(`::ffff:10.0.0.1 ${one}\n`, '::ffff:a00:1')).toEqual([one]);
  });
});

describe('patterns', () => {
  it.each([
    ['*.example', 'x.example', true],
    ['*.example', 'example', false],
    ['h?st', 'host', true],
    ['h?st', 'hst', false],
    ['*.example,!bad.example', 'good.example', true],
    ['*.example,!bad.example', 'bad.example', false],
    ['!bad.example', 'good.example', false],
    ['10.0.0.*', '10x0y0.1', false],
    ['a+b', 'aab', false],
  ])('%s and %s: %s', (pattern, host, matches) => {
    expect(keys(`${pattern} ${one}\n`, host)).toEqual(matches ? [one] : []);
  });

  it('match names with ports', () => {
    expect(keys(`[*.example]:2222 ${one}\n`, 'x.example', 2222)).toEqual([one]);
  });
});

describe('markers', () => {
  it('@revoked takes a key away, from whichever line it has it', () => {
    const text = `a ${one}\na ${two}\n@revoked * ${one}\n`;
    expect(look(text, 'a')).toEqual({ keys: [two], revoked: ['kh:3'], authorities: [] });
    expect(look(text, 'b')).toEqual({ keys: [], revoked: [], authorities: [] });
  });

  it('@revoked of the name itself is known even when there is no other line', () => {
    expect(look(`@revoked a ${one}\n`, 'a')).toMatchObject({ keys: [], revoked: ['kh:1'] });
    expect(look(`@revoked [a]:2222 ${one}\na ${one}\n`, 'a', 2222)).toMatchObject({
      keys: [],
      revoked: ['kh:1'],
    });
  });

  it.each([
    ['a list', '@revoked [a]:2222,[b]:2222'],
    ['a wildcard', '@revoked [*]:2222'],
    ['a hashed name', `@revoked ${hashed('[a]:2222')}`],
    ['the plain name in a list', '@revoked a,b'],
    ['the plain name, hashed', `@revoked ${hashed('a')}`],
  ])('@revoked by %s counts for a key that only the plain name vouches for', (_, marked) => {
    expect(look(`a ${one}\n${marked} ${one}\n`, 'a', 2222)).toMatchObject({ keys: [], revoked: ['kh:2'] });
  });

  it('@revoked of another key under [host]:port does not hide the key of the plain name', () => {
    expect(keys(`@revoked [a]:2222 ${two}\na ${one}\n`, 'a', 2222)).toEqual([one]);
  });

  it('@revoked counts however the type is spelled', () => {
    expect(keys(`a ${one}\n@revoked a ED25519 ${one.split(' ')[1]}\n`, 'a')).toEqual([]);
  });

  it('@cert-authority vouches for nothing here, but is told', () => {
    expect(look(`@cert-authority *.example ${one}\n`, 'a.example')).toEqual({
      keys: [],
      revoked: [],
      authorities: ['kh:1'],
    });
  });
});

const keygen = (...args: string[]): string =>
  execFileSync('ssh-keygen', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const hasKeygen = existsSync('/usr/bin/ssh-keygen');
if (!hasKeygen && process.env['CI'] !== undefined)
  throw new Error('ssh-keygen is missing (Debian package openssh-client)');
if (!hasKeygen) process.stderr.write('skipped: ssh-keygen is missing (Debian package openssh-client)\n');

describe.runIf(hasKeygen)('files of ssh-keygen', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cnd-known-'));
    file = join(directory, 'known_hosts');
    writeFileSync(file, `alpha,10.0.0.1 ${one}\n[beta]:2222 ${two}\n::1 ${three}\n@revoked gamma ${three}\n`);
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const known = () => parseKnownHosts(readFileSync(file, 'utf8'), file);

  it('-H hashes names, with and without ports', () => {
    keygen('-H', '-f', file);
    expect(readFileSync(file, 'utf8')).not.toMatch(/alpha|beta/);
    expect(lookUpHost(known(), 'alpha', 22).keys).toEqual([one]);
    expect(lookUpHost(known(), 'Alpha', 22).keys).toEqual([one]);
    expect(lookUpHost(known(), '10.0.0.1', 22).keys).toEqual([one]);
    expect(lookUpHost(known(), 'beta', 2222).keys).toEqual([two]);
    expect(lookUpHost(known(), 'beta', 22).keys).toEqual([]);
    expect(lookUpHost(known(), '::1', 22).keys).toEqual([three]);
    expect(lookUpHost(known(), 'gamma', 22).revoked).toHaveLength(1);
  });

  it('-R takes a host out, hashed or not', () => {
    keygen('-R', 'alpha', '-f', file);
    expect(lookUpHost(known(), 'alpha', 22).keys).toEqual([]);
    keygen('-H', '-f', file);
    keygen('-R', '[beta]:2222', '-f', file);
    expect(lookUpHost(known(), 'beta', 2222).keys).toEqual([]);
    expect(lookUpHost(known(), '::1', 22).keys).toEqual([three]);
  });

  it('are searched by the names that -F finds', () => {
    keygen('-H', '-f', file);
    for (const [host, port] of [
      ['alpha', 22],
      ['beta', 2222],
      ['::1', 22],
    ] as const) {
      expect(keygen('-F', knownHostName(host, port), '-f', file)).toContain('found');
    }
  });
});
