import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKeyPair } from '../../../../src/session/ssh/key.ts';
import { knownHostName } from '../../../../src/session/ssh/known-host/name.ts';
import { lookUpHost, parseKnownHosts } from '../../../../src/session/ssh/known-host/known-hosts.ts';
import { hasSshd } from '../../../helper/sshd.ts';

const hosts = ['alpha', 'alpha.example', 'beta.example', '10.0.0.1', '2001:db8::7'] as const;
const ports = [22, 2222, 2200] as const;
const server = generateKeyPair();
const publicKeys = [server, generateKeyPair(), generateKeyPair()].map(({ publicKey }) => publicKey);
/** A good line of another type, which must not matter to a server without a key of that type. */
const otherType =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDe4t8sRkzZ7o4F5PrrM0SOX2yhxsxyQ8DWDgBMSLxxnxTGkhUZKJBNVmmE1CnfNvYhDSuL9PpkvyTdFfZmJ5zc=';

const name = fc
  .tuple(fc.constantFrom(...hosts), fc.constantFrom(...ports))
  .map(([host, port]) => knownHostName(host, port));

const pattern = fc.oneof(
  { weight: 3, arbitrary: name },
  fc.constantFrom(
    '*',
    '*.example',
    'a?pha',
    '[*]:2222',
    '[*.example]:2200',
    '10.0.0.*',
    '[10.0.0.?]:2222',
    '2001:*',
  ),
);
const list = fc
  .array(fc.tuple(pattern, fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([part, odds]) => (odds === 0 ? `!${part}` : part)).join(','));
const hash = fc.tuple(name, fc.nat(9)).map(([plain, seed]) => {
  const salt = createHash('sha1').update(`${seed}`).digest();
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(plain).digest('base64')}`;
});
const line = fc
  .record({
    // Not `@revoked` and a tab: OpenSSH 9.2 passes such a line over, where cnd takes it at its word.
    marker: fc.constantFrom('', '', '', '@revoked ', '@revoked ', '@cert-authority ', '@odd '),
    indent: fc.constantFrom('', '', ' ', '\t'),
    names: fc.oneof(list, hash),
    key: fc.constantFrom(server.publicKey, ...publicKeys, server.publicKey),
    comment: fc.constantFrom('', ' me@here', '\t# said', ' '),
  })
  .map(({ marker, indent, names, key, comment }) => `${indent}${marker}${names} ${key}${comment}`);
const file = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: line },
      fc.constantFrom('', '# said', 'alpha', `# alpha ${server.publicKey}`),
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((lines) => `${lines.join('\n')}\n`);

describe.runIf(hasSshd() && existsSync('/usr/bin/ssh'))('lookUpHost agrees with OpenSSH', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cnd-oracle-'));
    writeFileSync(join(directory, 'host_key'), server.privateKey, { mode: 0o600 });
    const config = [`HostKey ${directory}/host_key`, 'UsePAM no', 'PidFile none', 'StrictModes no'];
    writeFileSync(join(directory, 'sshd_config'), `${config.join('\n')}\n`);
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** Whether ssh goes on to the login on a server with this key; the server is a child of its own. */
  async function ssh(known: string, host: string, port: number, index: number): Promise<boolean> {
    const path = join(directory, `known_hosts.${index}`);
    writeFileSync(path, known);
    const options = [
      `ProxyCommand=/usr/sbin/sshd -i -f ${directory}/sshd_config`,
      `UserKnownHostsFile=${path}`,
      'GlobalKnownHostsFile=none',
      'StrictHostKeyChecking=yes',
      'HostKeyAlgorithms=ssh-ed25519',
      'KexAlgorithms=curve25519-sha256',
      'BatchMode=yes',
      'IdentityFile=none',
      'IdentityAgent=none',
    ];
    const args = [
      '-F',
      'none',
      '-p',
      `${port}`,
      ...options.flatMap((option) => ['-o', option]),
      host,
      'true',
    ];
    const said = await new Promise<string>((resolve) => {
      execFile('ssh', args, (_error, _stdout, stderr) => resolve(stderr));
    });
    const [accepted, refused] = [/Permission denied/.test(said), /verification failed|REVOKED/i.test(said)];
    if (accepted === refused) throw new Error(`ssh said: ${said}`);
    return accepted;
  }

  it('about every generated file, machine and port', async () => {
    let index = 0;
    const seen = { accepted: 0, revoked: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        file,
        fc.constantFrom(...hosts),
        fc.constantFrom(...ports),
        async (text, host, port) => {
          const { keys, revoked } = lookUpHost(parseKnownHosts(text, 'kh'), host, port);
          const believed = keys.includes(server.publicKey);
          expect(believed).toBe(await ssh(text, host, port, index++));
          seen[believed ? 'accepted' : revoked.length > 0 ? 'revoked' : 'refused'] += 1;
        },
      ),
      { numRuns: 80, seed: 2026 },
    );
    // Generated files that are all of one kind would prove nothing.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
  }, 60_000);

  it('about @revoked in a list, with a port, by a wildcard and hashed', async () => {
    const salt = Buffer.alloc(20, 7);
    const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update('[alpha]:2222').digest('base64')}`;
    const marked = ['[alpha]:2222,[b]:2222', '[*]:2222', hashed, 'alpha,b', '*'];
    for (const [index, names] of marked.entries()) {
      const text = `alpha ${server.publicKey}\n@revoked ${names} ${server.publicKey}\nalpha ${otherType}\n`;
      expect([names, await ssh(text, 'alpha', 2222, 1000 + index)]).toEqual([names, false]);
      expect(lookUpHost(parseKnownHosts(text, 'kh'), 'alpha', 2222).keys).not.toContain(server.publicKey);
    }
  });
});
